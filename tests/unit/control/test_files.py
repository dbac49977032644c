"""Files that are replaced as a whole."""

from __future__ import annotations

from pathlib import Path

from control import files


def test_the_old_file_goes_with_its_mode_and_nothing_is_left_beside_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "secret"
    files.replace(path, "open")
    with path.open(encoding="utf-8") as reader:
        files.replace(path, b"closed", 0o600)
        assert reader.read() == "open"
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"closed", 0o600)
    assert list(path.parent.iterdir()) == [path]
