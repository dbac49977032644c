"""Migrations: as the owner, and without queueing in front of everybody."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from chassis.database import migrations
from chassis.settings import MigrationSettings
from chassis.testing.databases import temporary_database
from chassis.testing.environment import TestEnvironment

ENV = "from chassis.database.migrations import run_env\nfrom sqlalchemy import MetaData\nrun_env(MetaData())\n"
STEP = """
from alembic import op
revision, down_revision = "1", None
def upgrade():
    op.execute("ALTER TABLE busy ADD COLUMN more int")
"""


@pytest.fixture
def database(test_environment: TestEnvironment) -> Iterator[str]:
    with temporary_database(test_environment.database_admin_url, "chassis_migrations") as url:
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            connection.execute("CREATE TABLE busy (id int)")
        yield url


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    folder = tmp_path / "sample_with_migrations" / "migrations"
    (folder / "versions").mkdir(parents=True)
    (tmp_path / "sample_with_migrations" / "__init__.py").touch()
    (folder / "env.py").write_text(ENV)
    (folder / "versions" / "r1.py").write_text(STEP)
    monkeypatch.syspath_prepend(tmp_path)
    return "sample_with_migrations"


def columns(url: str) -> set[str]:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        rows = connection.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'busy'")
        return {row[0] for row in rows}


def test_waits_for_a_lock_briefly_and_tries_again(database: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    holder = psycopg.connect(database.replace("+psycopg", ""))
    holder.execute("LOCK TABLE busy")

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        holder.rollback()

    monkeypatch.setattr(migrations, "LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr("time.sleep", pause)
    try:
        migrations.run_migrations(package, MigrationSettings(service="sample", database_url=database, owner_role=""))
    finally:
        holder.close()
    assert pauses == [1]
    assert columns(database) == {"id", "more"}


def test_works_as_the_owner(database: str, package: str) -> None:
    with pytest.raises(Exception, match="owner_sample"):
        migrations.run_migrations(package, MigrationSettings(service="sample", database_url=database))
    assert columns(database) == {"id"}
