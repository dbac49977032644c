"""What is released here, for node-exporter: a text file written after every change and at every boot."""

from __future__ import annotations

from collections.abc import Iterator

from lhctl.layout import Layout
from lhctl.state import ServiceState, replace


def write(layout: Layout) -> None:
    """Write the file; nothing happens on a host that nobody watches."""
    if layout.textfiles.is_dir():
        replace(layout.textfiles / "longhouse_releases.prom", text(layout))


def text(layout: Layout) -> str:
    """Prometheus' text format, families one after the other."""
    lines = [line for name in layout.known_services() for line in _lines(layout, name)]
    # Samples of one family must stand together.
    return "".join(f"{line}\n" for line in sorted(lines))


def _lines(layout: Layout, name: str) -> Iterator[str]:
    state = ServiceState.read(layout.service(name).state, name)
    service = f'service="{name}"'
    for colour, running in state.colours.items():
        active = str(colour == state.active).lower()
        yield (f'longhouse_release_info{{{service},colour="{colour}",version="{running.version}",active="{active}"}} 1')
        yield f'longhouse_release_links{{{service},colour="{colour}"}} {state.weights.get(colour, 0)}'
    yield f"longhouse_release_unfinished{{{service}}} {int(state.unfinished is not None)}"
    yield f"longhouse_releases_quarantined{{{service}}} {len(state.quarantined)}"
    if state.history:
        yield f"longhouse_release_last_change_timestamp_seconds{{{service}}} {state.history[-1]['time']:.0f}"
