"""Package work that restarts no daemon: under clients' feet is not where that is to happen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lhctl.errors import RefusedError

# Asked by invoke-rc.d and deb-systemd-invoke before they touch a daemon; 101 forbids it.
POLICY = Path("/usr/sbin/policy-rc.d")
_OURS = "# Written by lhctl upgrade"


@contextmanager
def daemons_left_alone(policy: Path = POLICY) -> Iterator[None]:
    """Packages start, stop and restart nothing during the block; a killed holder's ban ends with its process.

    Raises RefusedError when somebody else has a policy there.
    """
    if policy.exists() and _OURS not in policy.read_text(encoding="utf-8"):
        raise RefusedError(
            f"{policy} is there: a play installs packages right now, or was killed at it; wait for it, or run it again"
        )
    holder = os.getpid()
    policy.write_text(
        f"#!/bin/sh\n{_OURS}, for as long as its process lives.\nif kill -0 {holder} 2>/dev/null; then exit 101; fi\n",
        encoding="utf-8",
    )
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)
