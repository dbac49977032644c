"""Revisions that lock or break the release before are refused; the services' own are clean."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from control.revisions import objections
from tests.unit.plugins import ROOT

HEAD = "import sqlalchemy as sa\nfrom alembic import op\nrevision, down_revision = '2', '1'\n"


def revision(folder: Path, *lines: str, before: str = "") -> list[str]:
    path = folder / "r0002.py"
    body = "".join(f"    {line}\n" for line in lines)
    path.write_text(f"{HEAD}{before}\ndef upgrade():\n{body}\ndef downgrade():\n    op.drop_table('users')\n")
    return objections(path)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("op.drop_table('users')", "breaks the release"),
        ("op.drop_column('users', 'name')", "breaks the release"),
        ("op.rename_table('users', 'people')", "breaks the release"),
        ("op.alter_column('users', 'name', new_column_name='title')", "breaks the release"),
        ("op.alter_column('users', 'name', type_=sa.Text)", "rewrites the table"),
        ("op.alter_column('users', 'name', nullable=False)", "NOT VALID"),
        ("op.add_column('users', sa.Column('age', sa.Integer, nullable=False))", "server_default"),
        ("op.create_index('ix', 'users', ['name'])", "concurrently"),
        ("op.create_foreign_key('fk', 'users', 'teams', ['a'], ['b'])", "not_valid"),
        ("op.create_unique_constraint('uq', 'users', ['name'])", "not_valid"),
        ("op.execute('ALTER TABLE users DROP COLUMN name')", "move it to contract"),
        ("op.execute(sa.text('CREATE INDEX ix ON users (name)'))", "CONCURRENTLY"),
    ],
)
def test_what_locks_or_breaks_is_refused_with_its_line_and_a_way_out(tmp_path: Path, line: str, complaint: str) -> None:
    (found,) = revision(tmp_path, line)
    assert found.startswith("r0002.py:6: ")
    assert complaint in found


@pytest.mark.parametrize(
    "lines",
    [
        ("op.add_column('users', sa.Column('age', sa.Integer))",),
        ("op.add_column('users', sa.Column('age', sa.Integer, nullable=False, server_default='0'))",),
        ("op.create_table('teams', sa.Column('id', sa.Uuid))", "op.create_index('ix', 'teams', ['id'])"),
        ("op.create_index('ix', 'users', ['name'], postgresql_concurrently=True)",),
        ("op.create_foreign_key('fk', 'users', 'teams', ['a'], ['b'], postgresql_not_valid=True)",),
        ("op.execute('UPDATE users SET age = 0')",),
    ],
)
def test_what_only_adds_may_pass(tmp_path: Path, lines: tuple[str, ...]) -> None:
    assert revision(tmp_path, *lines) == []


def test_a_step_hidden_in_a_function_is_seen_and_a_contract_may_destroy(tmp_path: Path) -> None:
    hidden = "def tidy():\n    op.drop_table('users')\n"
    assert len(revision(tmp_path, "tidy()", before=hidden)) == 1
    assert revision(tmp_path, "tidy()", before=f"phase = 'contract'\n{hidden}") == []


def test_the_services_revisions_are_clean() -> None:
    paths = sorted(ROOT.glob("services/*/src/*/migrations/versions/*.py"))
    assert len(paths) >= 3
    assert [complaint for path in paths for complaint in objections(path)] == []


def test_the_steps_that_revisions_share_are_clean() -> None:
    path = ROOT / "services/chassis/src/chassis/messaging/migration_steps.py"
    steps = re.findall(r"^def ([a-z]\w*)", path.read_text(), re.MULTILINE)
    assert "create_outbox" in steps
    assert [complaint for step in steps for complaint in objections(path, step)] == []
