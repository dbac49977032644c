"""What an operator asks of a run under way: to go on at once, or to take back."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from lhctl.layout import Layout
from lhctl.state import replace

PROMOTE, ABORT = "promote", "abort"


def _place(layout: Layout, service: str) -> Path:
    return layout.results / f"{service}.wish"


def make(layout: Layout, service: str, wish: str) -> None:
    layout.results.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace(_place(layout, service), wish, 0o600)


def read(layout: Layout, service: str) -> str:
    """`promote`, `abort` or nothing."""
    with suppress(FileNotFoundError):
        return _place(layout, service).read_text(encoding="utf-8")
    return ""


def forget(layout: Layout, service: str) -> None:
    """A wish is for one run; an older one must not decide about the next."""
    _place(layout, service).unlink(missing_ok=True)
