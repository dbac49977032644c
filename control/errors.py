"""The two ways a command ends badly; everything else is a bug and keeps its traceback."""

from __future__ import annotations


class RefusedError(Exception):
    """The request cannot be met as given; nothing was changed. One line that ends with the fix. Exit status 2."""


class FailedError(Exception):
    """Work was started and did not succeed. `detail`: lines that show why, `hint`: the next command. Exit status 1."""

    def __init__(self, message: str, *, detail: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.detail = detail
        self.hint = hint
