"""One connection pool, two ways to use it: transactions for writing, AUTOCOMMIT for reading."""

import select
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

_SESSION_OPTIONS = (
    "-c statement_timeout=5s -c lock_timeout=2s -c idle_in_transaction_session_timeout=10s -c timezone=UTC"
)
_POOL_WAIT_SECONDS = 2


def _refuse_ended(dbapi_connection: Any, record: ConnectionPoolEntry, proxy: Any) -> None:
    """Throw away connections the server has ended, a restart's for one, before a request meets them.

    An idle connection has nothing to read unless the server said goodbye; looking, unlike a ping, is no round trip.
    """
    looking = select.poll()
    looking.register(record.driver_connection.fileno(), select.POLLIN)  # type: ignore[union-attr]
    if looking.poll(0):
        raise InvalidatePoolError("the server ended the connection")


class Database:
    """The pool of one process. ``read_engine`` saves BEGIN and ROLLBACK around every query (about a quarter of its
    cost); psycopg switches the mode without a round trip, so both share the ``pool`` connections."""

    def __init__(self, url: str, *, pool: int, application_name: str) -> None:
        self.write_engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool,
            max_overflow=0,
            pool_timeout=_POOL_WAIT_SECONDS,
            # A failed statement is logged; whose name and address it was about is nobody's business there.
            hide_parameters=True,
            connect_args={"options": _SESSION_OPTIONS, "application_name": application_name, "connect_timeout": 3},
        )
        event.listen(self.write_engine.sync_engine, "checkout", _refuse_ended)
        self.read_engine: AsyncEngine = self.write_engine.execution_options(isolation_level="AUTOCOMMIT")

    async def close(self) -> None:
        await self.write_engine.dispose()
