"""One connection pool, two ways to use it: transactions for writing, AUTOCOMMIT for reading."""

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

_SESSION_OPTIONS = (
    "-c statement_timeout=5s -c lock_timeout=2s -c idle_in_transaction_session_timeout=10s -c timezone=UTC"
)
_POOL_WAIT_SECONDS = 2


class Database:
    """The pool of one process. ``read_engine`` saves BEGIN and ROLLBACK around every query (about a quarter of its
    cost); psycopg switches the mode without a round trip, so both share the ``pool`` connections."""

    def __init__(self, url: str, *, pool: int, application_name: str) -> None:
        self.write_engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool,
            max_overflow=0,
            pool_timeout=_POOL_WAIT_SECONDS,
            connect_args={"options": _SESSION_OPTIONS, "application_name": application_name, "connect_timeout": 3},
        )
        self.read_engine: AsyncEngine = self.write_engine.execution_options(isolation_level="AUTOCOMMIT")

    async def close(self) -> None:
        await self.write_engine.dispose()
