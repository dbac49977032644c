"""Locks that die with their holder and leave no file: flock on a directory that exists anyway."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder` alone on this machine, creating it first; waits for the present holder.

    Whoever held it before may have removed the folder (that is what `down` does), so after waiting
    the lock counts only if the name still leads to the locked directory.
    """
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if not _leads_to(folder, descriptor):
                continue
            yield
            return
        finally:
            os.close(descriptor)


def _leads_to(folder: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(folder.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
