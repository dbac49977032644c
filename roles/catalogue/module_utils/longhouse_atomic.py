"""Files that are either the old one or the new one, whatever happens in between."""

from __future__ import annotations

import os
from pathlib import Path

# Hidden, and with an ending no daemon includes: an interrupted write must not be read as configuration.
SUFFIX = ".longhouse-new"


def write_atomically(path: Path, content: bytes, *, mode: int, uid: int, gid: int, modified: int | None = None) -> None:
    """Put `content` at `path`, durable before it is visible; a symlink there is replaced, not followed.

    `modified` is in nanoseconds since 1970, None for now.
    """
    unfinished = path.parent / f".{path.name}{SUFFIX}"
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        os.fchown(stream.fileno(), uid, gid)
        os.fchmod(stream.fileno(), mode)
        stream.flush()
        if modified is not None:
            os.utime(stream.fileno(), ns=(modified, modified))
        os.fsync(stream.fileno())
    unfinished.rename(path)


def sync_directory(path: Path) -> None:
    """Make renames and removals in `path` survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_unfinished(path: Path) -> None:
    """Remove what an interrupted write left in `path`."""
    for leftover in path.glob(f".*{SUFFIX}"):
        leftover.unlink(missing_ok=True)
