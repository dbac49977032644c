"""The file of events says what happened last and does not grow for ever."""

from __future__ import annotations

from pathlib import Path

from lhctl import events


def test_the_older_half_of_a_large_file_goes(tmp_path: Path) -> None:
    file = tmp_path / "releases.jsonl"
    lines = [f'{{"number": {number}}}\n' for number in range(100)]
    file.write_text("".join(lines))
    events.trim(file, most_bytes=file.stat().st_size)
    assert file.read_text() == "".join(lines)
    events.trim(file, most_bytes=file.stat().st_size - 1)
    assert file.read_text() == "".join(lines[50:])


def test_a_host_without_events_is_no_trouble(tmp_path: Path) -> None:
    events.trim(tmp_path / "releases.jsonl")
