"""A database of its own per test process, made by the service's real migrations."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

from chassis.database.migrations import run_migrations
from chassis.settings import MigrationSettings


@contextmanager
def temporary_database(admin_url: str, service: str) -> Iterator[str]:
    """Create an empty database and yield its SQLAlchemy URL; drop it afterwards, whoever is still connected."""
    name = f"test_{service}_{os.getpid()}"
    identifier = sql.Identifier(name)
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
        try:
            url = make_url(admin_url).set(drivername="postgresql+psycopg", database=name)
            yield url.render_as_string(hide_password=False)
        finally:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier))


def migrate(url: str, service: str, package: str) -> None:
    """Run the migrations of ``package`` as the test role itself."""
    run_migrations(package, MigrationSettings(service=service, database_url=url, owner_role=""))
