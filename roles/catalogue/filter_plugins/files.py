"""Files that roles bring as they are, by their names: what longhouse_files takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any


def files_by_name(paths: Iterable[str]) -> dict[str, str]:
    """File name to content; a name that comes twice would lose a file, so it is refused."""
    found: dict[str, str] = {}
    for path in map(Path, paths):
        if path.name in found:
            raise ValueError(f"two files are named {path.name}")
        found[path.name] = path.read_text(encoding="utf-8")
    return found


class FilterModule:
    """Names under which roles use these functions."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map filter names to functions."""
        return {"files_by_name": files_by_name}
