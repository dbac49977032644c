"""The migrations make exactly the tables the code speaks of, and can be taken back and made again."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import NullPool

from chassis.database.migrations import migration_config
from chassis.database.tables import Base
from chassis.testing.databases import temporary_database
from chassis.testing.environment import TestEnvironment
from notifications.notifications import tables


def test_up_down_up_and_nothing_differs_from_the_tables(test_environment: TestEnvironment) -> None:
    with temporary_database(test_environment.database_admin_url, "notification_migrations") as url:
        engine = create_engine(url, poolclass=NullPool)
        for direction in ("up", "down", "up"):
            with engine.begin() as connection:
                config = migration_config("notifications", connection)
                if direction == "up":
                    command.upgrade(config, "head")
                else:
                    command.downgrade(config, "base")
                    assert set(inspect(connection).get_table_names()) == {"alembic_version"}
        with engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"compare_type": True, "compare_server_default": True}
            )
            assert tables.Notification.metadata is Base.metadata
            assert compare_metadata(context, Base.metadata) == []
