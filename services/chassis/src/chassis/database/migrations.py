"""Alembic without alembic.ini: the migrations travel inside the service's package.

``<svc>-migrate`` runs as the migrator, works as the owner, waits for locks only briefly (a queued ALTER TABLE would
block every reader behind it) and tries again.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from alembic import command, context
from alembic.config import Config
from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, MetaData, create_engine, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from chassis.database.phases import current_revision, destination, report, retract
from chassis.observability.logs import get_logger

_log = get_logger(__name__)
LOCK_TIMEOUT = "3s"
HEAD = "head"
_PAUSES_SECONDS = (1, 2, 4, 8, 15)
# Two deploys at once: the second waits for the first instead of failing on a half-made table.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('longhouse:migrate'))")


class _MigrationTarget(Protocol):
    @property
    def service(self) -> str: ...
    @property
    def database_url(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def migration_phase(self) -> str: ...
    @property
    def runtime_directory(self) -> str: ...


def migration_config(package: str, connection: Connection | None = None) -> Config:
    """Return Alembic's configuration for the migrations inside ``package``."""
    config = Config()
    config.set_main_option("script_location", f"{package}:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _connected(target: _MigrationTarget) -> Iterator[Connection]:
    """A connection of the owner's, in one transaction."""
    engine = create_engine(target.database_url, poolclass=NullPool)
    with engine.begin() as connection:
        if target.owner:
            quoted = connection.dialect.identifier_preparer.quote(target.owner)
            connection.execute(text(f"SET ROLE {quoted}"))
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        yield connection


def _upgrade(package: str, target: _MigrationTarget, revision: str) -> str:
    """Return where it went."""
    with _connected(target) as connection:
        connection.execute(_LOCK)
        config = migration_config(package, connection)
        if revision == HEAD:
            revision = destination(config, current_revision(connection), target.migration_phase, target.service)
        command.upgrade(config, revision)
    return revision


def run_migrations(package: str, settings: _MigrationTarget, revision: str = HEAD) -> None:
    """Bring the database to ``revision``; everything in one transaction. Raises what PostgreSQL says when it cannot.

    Without one: to the newest that ``settings.migration_phase`` allows.
    """
    retract(settings.runtime_directory)
    try:
        _try_until_unlocked(package, settings, revision)
    finally:
        # Whoever kills this leaves no report, and then nobody takes a guess for knowledge.
        with suppress(SQLAlchemyError), _connected(settings) as connection:
            report(settings.runtime_directory, current_revision(connection))


def _try_until_unlocked(package: str, settings: _MigrationTarget, revision: str) -> None:
    for pause in (*_PAUSES_SECONDS, None):
        try:
            reached = _upgrade(package, settings, revision)
        except OperationalError as error:
            if pause is None or not isinstance(error.orig, LockNotAvailable):
                raise
            _log.warning("a lock is held, trying again", seconds=pause)
            time.sleep(pause)
        else:
            _log.info("database is migrated", package=package, revision=reached)
            return


def run_env(metadata: MetaData) -> None:
    """The body of every service's ``migrations/env.py``."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=metadata, compare_type=True, compare_server_default=True)
    with context.begin_transaction():
        context.run_migrations()
