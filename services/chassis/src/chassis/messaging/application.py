"""Apply one event to the consumer's database: inbox row and handler in one transaction."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, LiteralString

import psycopg
from psycopg import errors

from chassis.messaging import inbox
from chassis.messaging.connections import ConnectionSettings, open_database
from chassis.messaging.envelope import Event
from chassis.observability.logs import get_logger

log = get_logger(__name__)

AfterCommit = Callable[[], object]
# Runs inside the transaction that also holds the inbox row; must not commit. What it returns is called after the
# commit (handing work to Celery, dropping a cache entry): such a call may be lost in a crash or fail, never the rows.
Handler = Callable[[psycopg.Connection[Any], Event], Iterable[AfterCommit] | None]

# Statement timeouts are OperationalErrors too, but a handler that always runs into one is poison.
_COUNTED = (errors.QueryCanceled,)
_INFRASTRUCTURE = (psycopg.OperationalError, psycopg.InterfaceError, errors.ReadOnlySqlTransaction)


class DatabaseUnavailable(Exception):  # noqa: N818 - a state of the world, not a mistake
    """The database does not work right now; no event is to blame. Pause and apply the same event again."""


class Application:
    """Applies events for one queue; keeps one connection and replaces it when it broke."""

    def __init__(
        self,
        settings: ConnectionSettings,
        queue: str,
        handlers: Mapping[str, Handler],
        checkpoint: Callable[[str], None],
        chores: Iterable[LiteralString] = (),
    ) -> None:
        self._settings = settings
        self._queue = queue
        self._handlers = handlers
        self._names = {name_of(type_) for type_ in handlers}
        self._checkpoint = checkpoint
        self._chores = tuple(chores)
        self._connection: psycopg.Connection[Any] | None = None

    def refusal(self, type_: str) -> str | None:
        """Why an event of this type can never be applied here, or None."""
        if type_ not in self._handlers and name_of(type_) in self._names:
            return f"unknown version: {type_}"
        return None

    def apply(self, event: Event) -> bool:
        """Apply ``event`` unless this queue's inbox has it; False when there was nothing to do.

        Raises `DatabaseUnavailable`, or whatever the handler raised (then nothing was written).
        """
        handler = self._handlers.get(event.type)
        if handler is None:
            return False
        try:
            connection = self._open()
            with connection.transaction():
                if not inbox.first_delivery(connection, self._queue, event.id):
                    return False
                self._checkpoint("inboxed")
                hooks = list(handler(connection, event) or ())
                self._checkpoint("handled")
        except _COUNTED:
            raise
        except _INFRASTRUCTURE as error:
            self.close()
            raise DatabaseUnavailable(f"{type(error).__name__}: {error}".strip()) from error
        self._checkpoint("committed")
        for hook in hooks:
            _call(hook)
        return True

    def do_chores(self) -> None:
        """Drop old inbox rows and do the service's own chores; does nothing while the database is away."""
        try:
            connection = self._open()
            with connection.transaction():
                inbox.purge(connection)
                for chore in self._chores:
                    connection.execute(chore)
        except _INFRASTRUCTURE:
            self.close()

    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _open(self) -> psycopg.Connection[Any]:
        if self._connection is None or self._connection.closed:
            self._connection = open_database(self._settings, role="consumer")
        return self._connection


def name_of(type_: str) -> str:
    """``user.updated`` of ``user.updated.v1``."""
    return type_.rpartition(".")[0]


def _call(hook: AfterCommit) -> None:
    try:
        hook()
    except Exception:
        log.exception("after-commit hook failed; the committed rows are the truth")
