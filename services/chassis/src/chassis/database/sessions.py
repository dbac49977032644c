"""Request sessions as guard rails: a function that takes a ReadSession cannot write, mypy says so."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, NewType, cast

from fastapi import Depends, Request
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import failpoints
from chassis.database.engines import Database
from chassis.observability.logs import get_logger
from chassis.resources import NotConfiguredError

WriteSession = NewType("WriteSession", AsyncSession)
ReadSession = NewType("ReadSession", AsyncSession)

_AFTER_COMMIT = "after_commit"
_log = get_logger(__name__)


def database_of(request: Request) -> Database:
    """Return the database of the application behind ``request``."""
    database: Database | None = request.app.state.resources.database
    if database is None:
        raise NotConfiguredError("DATABASE_URL is not set")
    return database


def after_commit(session: AsyncSession, action: Callable[[], Awaitable[None]]) -> None:
    """Run ``action`` once the transaction of ``session`` is committed, before the response leaves; never on rollback.

    A failing action is logged and does not undo the answer: use it for caches and hints, never for facts.
    """
    session.info.setdefault(_AFTER_COMMIT, []).append(action)


def count_after_commit(session: AsyncSession, counter: Counter, amount: float = 1) -> None:
    """Add to ``counter`` once the transaction is committed: what was rolled back did not happen."""

    async def count() -> None:
        counter.inc(amount)

    after_commit(session, count)


async def _run_after_commit(session: AsyncSession) -> None:
    for action in session.info.pop(_AFTER_COMMIT, []):
        try:
            await action()
        except Exception:
            _log.exception("after-commit action failed")


async def write_session(request: Request) -> AsyncIterator[WriteSession]:
    """One transaction per request: commits when the route returns, rolls back when it raises."""
    async with AsyncSession(database_of(request).write_engine, expire_on_commit=False) as session:
        async with session.begin():
            yield cast(WriteSession, session)
            failpoints.reach("web.committing")
        failpoints.reach("web.committed")
        await _run_after_commit(session)


async def read_session(request: Request) -> AsyncIterator[ReadSession]:
    """Statements without a transaction around them."""
    async with AsyncSession(database_of(request).read_engine, expire_on_commit=False, autoflush=False) as session:
        yield cast(ReadSession, session)


# scope="function": the default scope would commit after the response was sent, and a failing commit would follow a 200.
Write = Annotated[WriteSession, Depends(write_session, scope="function")]
Read = Annotated[ReadSession, Depends(read_session, scope="function")]
