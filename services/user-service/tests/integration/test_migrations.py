"""The migrations make exactly the tables the code knows, and can go back and forth."""

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect
from sqlalchemy.pool import NullPool

import users.accounts.table
import users.password.table  # noqa: F401 - both fill the metadata
from chassis.database.migrations import migration_config, run_migrations
from chassis.database.tables import Base
from chassis.settings import MigrationSettings
from chassis.testing.databases import temporary_database
from chassis.testing.environment import TestEnvironment


@pytest.fixture
def database(test_environment: TestEnvironment) -> Iterator[str]:
    with temporary_database(test_environment.database_admin_url, "user_migrations") as url:
        yield url


@pytest.fixture
def engine(database: str) -> Engine:
    return create_engine(database, poolclass=NullPool)


def upgrade(url: str) -> None:
    run_migrations("users", MigrationSettings(service="user", database_url=url, owner_role=""))


def test_the_tables_are_those_of_the_code(database: str, engine: Engine) -> None:
    upgrade(database)
    upgrade(database)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_down_and_up_again(database: str, engine: Engine) -> None:
    upgrade(database)
    with engine.begin() as connection:
        command.downgrade(migration_config("users", connection), "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]
    upgrade(database)
    assert "users" in inspect(engine).get_table_names()
