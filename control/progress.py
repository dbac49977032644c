"""How long work shows itself: a live line on stderr for people, plain lines where stderr is no terminal."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[str], None]
"""Says in a few words what is happening now."""


def plain(text: str) -> None:
    print(f"longhouse: {text}", file=sys.stderr, flush=True)


@contextmanager
def live(title: str) -> Iterator[Report]:
    """A spinner with the latest report and the time spent; one line per report when nobody watches a terminal."""
    if not sys.stderr.isatty():
        yield plain
        return
    # Imported late: commands that show nothing start faster without it.
    console = importlib.import_module("rich.console").Console(stderr=True)
    started = time.monotonic()
    with console.status(title) as status:
        yield lambda text: status.update(f"{title}  [dim]{text}[/dim]")
    print(f"longhouse: {title}: {time.monotonic() - started:.1f} s", file=sys.stderr)
