"""One at a time: a backup, or a restore of the whole cluster."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from longhouse_backup.plan import STATE

# A folder, so that root and the database's account need no file of which one is the owner.
LOCKED = STATE


@contextmanager
def alone() -> Iterator[None]:
    """Wait for the others: pgBackRest refuses a second backup, and a full one may last until the next is due."""
    folder = os.open(LOCKED, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
