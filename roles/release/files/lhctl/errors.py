"""The ways a release can fail, each with what a person needs to see."""

from __future__ import annotations

import os
from collections.abc import Sequence


class RefusedError(Exception):
    """The request cannot be met as given and nothing was changed: one line that ends with the fix. Exit status 2."""


class StepFailedError(Exception):
    """A step did not succeed. `unit` is the systemd unit to look at, `log` its last lines, `answer` the last health
    answer; each may be empty."""

    def __init__(self, reason: str, *, unit: str = "", log: Sequence[str] = (), answer: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.unit = unit
        self.log = list(log)
        self.answer = answer


def require_root(why: str) -> None:
    """Raise RefusedError with `why` for anybody else."""
    if os.geteuid() != 0:
        raise RefusedError(f"{why}; use sudo")
