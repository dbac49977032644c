"""`./longhouse test`: the suites of the test table, one line each with its time."""

from control.testing.command import run

__all__ = ["run"]
