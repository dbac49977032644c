"""A database connection that outlives restarts of PostgreSQL."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg

from chassis.observability.logs import get_logger

T = TypeVar("T")
Connect = Callable[[], psycopg.Connection[Any]]

# Beyond this the task ends; its delivery's row still says what is to be done, and the sweeper reads it.
PATIENCE_SECONDS = 60.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_AWAY = (psycopg.OperationalError, psycopg.InterfaceError)

log = get_logger(__name__)


class PatientDatabase:
    """Runs a piece of work on a kept connection, again on a new one when that broke.

    The work must be safe to run twice: when the connection breaks in a commit, nobody knows how that ended.
    """

    def __init__(
        self, connect: Connect, *, patience: float = PATIENCE_SECONDS, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._connect = connect
        self._patience = patience
        self._sleep = sleep
        self._connection: psycopg.Connection[Any] | None = None

    def run(self, work: Callable[[psycopg.Connection[Any]], T]) -> T:
        """``work(connection)``; raises psycopg's error when the database stays away for longer than the patience."""
        pause, waited = _FIRST_PAUSE, 0.0
        while True:
            try:
                return work(self._opened())
            except _AWAY as error:
                self.close()
                if waited >= self._patience:
                    raise
                log.warning("database does not answer", error=str(error).strip(), retry_in=pause)
            self._sleep(pause)
            waited += pause
            pause = min(pause * 2, _LONGEST_PAUSE)

    def close(self) -> None:
        """Drop the connection, and with it the locks of its session."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _opened(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
        return self._connection
