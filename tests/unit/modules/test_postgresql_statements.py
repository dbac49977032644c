"""Statements of role postgresql: exactly what is missing, nothing when nothing is."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from tests.unit.sources import load

SETTINGS = {"lock_timeout": "3s"}
WANTED = {"name": "longhouse_a", "owner": "owner_a", "migrator": "migrate_a", "user": "longhouse_a"}
RIGHTS = {
    "schema": ["owner_a USAGE", "owner_a CREATE", "longhouse_a USAGE"],
    "defaults": [
        *(f"r longhouse_a {right}" for right in ("SELECT", "INSERT", "UPDATE", "DELETE")),
        *(f"S longhouse_a {right}" for right in ("SELECT", "USAGE")),
        "f longhouse_a EXECUTE",
    ],
    "functions": True,
}


@pytest.fixture(scope="module")
def sql() -> ModuleType:
    return load("roles/postgresql/module_utils/postgresql_statements.py")


def role(**fields: Any) -> dict[str, Any]:
    standing = {"login": True, "limit": 5, "createdb": False, "marked": True}
    return standing | {"settings": ["lock_timeout=3s"], "memberships": {"owner_a": True}} | fields


def ensure(sql: ModuleType, present: dict[str, Any], **changes: Any) -> list[str]:
    wanted = {"login": True, "limit": 5, "settings": SETTINGS, "member_of": "owner_a"} | changes
    found: list[str] = sql.RoleStatements(present).ensure("migrate_a", **wanted)
    return found


def test_a_role_that_is_right_needs_nothing(sql: ModuleType) -> None:
    assert ensure(sql, {"migrate_a": role()}) == []


def test_a_new_role_is_made_marked_and_becomes_the_owner_only_when_it_asks(sql: ModuleType) -> None:
    statements = ensure(sql, {})
    assert statements[0] == 'CREATE ROLE "migrate_a"'
    assert statements[1] == "COMMENT ON ROLE \"migrate_a\" IS 'made by longhouse'"
    assert statements[-1] == 'GRANT "owner_a" TO "migrate_a" WITH INHERIT FALSE, SET TRUE'


@pytest.mark.parametrize(
    ("present", "statement"),
    [
        (role(limit=9), "LOGIN NOCREATEDB CONNECTION LIMIT 5"),
        (role(createdb=True), "LOGIN NOCREATEDB CONNECTION LIMIT 5"),
        (role(settings=["lock_timeout=9s"]), "SET lock_timeout = '3s'"),
        (role(settings=["lock_timeout=3s", "work_mem=1GB"]), "RESET work_mem"),
        (role(memberships=None), 'GRANT "owner_a"'),
        (role(memberships={"owner_a": False}), 'GRANT "owner_a" TO "migrate_a" WITH INHERIT FALSE'),
        (role(memberships={"owner_a": True, "owner_b": True}), 'REVOKE "owner_b" FROM "migrate_a"'),
    ],
)
def test_what_differs_is_put_right_and_nothing_else(sql: ModuleType, present: dict[str, Any], statement: str) -> None:
    (found,) = ensure(sql, {"migrate_a": present})
    assert statement in found


def test_a_retired_role_may_not_log_in(sql: ModuleType) -> None:
    assert ensure(sql, {"migrate_a": role()}, login=False) == [
        'ALTER ROLE "migrate_a" WITH NOLOGIN NOCREATEDB CONNECTION LIMIT 5'
    ]


def test_only_roles_made_here_are_locked_out_when_nobody_wants_them(sql: ModuleType) -> None:
    present = {"longhouse_old": role(), "person": role(marked=False), "longhouse_a": role()}
    assert sql.RoleStatements(present).retire_unknown({"longhouse_a"}) == ['ALTER ROLE "longhouse_old" WITH NOLOGIN']


def test_a_database_is_made_for_its_owner_and_closed_to_everybody_else(sql: ModuleType) -> None:
    made, closed, opened = sql.database_statements(WANTED, {})
    assert made.startswith('CREATE DATABASE "longhouse_a" OWNER "owner_a"')
    assert closed == 'REVOKE ALL ON DATABASE "longhouse_a" FROM PUBLIC'
    assert opened == 'GRANT CONNECT ON DATABASE "longhouse_a" TO "longhouse_a", "migrate_a"'


def test_a_database_that_is_right_needs_nothing(sql: ModuleType) -> None:
    acl = ["owner_a CONNECT", "longhouse_a CONNECT", "migrate_a CONNECT"]
    assert sql.database_statements(WANTED, {"longhouse_a": {"owner": "owner_a", "acl": acl}}) == []


def test_rights_inside_a_database_are_complete_or_completed(sql: ModuleType) -> None:
    assert sql.rights_statements(WANTED, RIGHTS) == []
    assert len(sql.rights_statements(WANTED, {"schema": ["PUBLIC USAGE"], "defaults": None, "functions": False})) == 6
    for missing in RIGHTS["defaults"]:  # type: ignore[attr-defined]
        fewer = [right for right in RIGHTS["defaults"] if right != missing]  # type: ignore[attr-defined]
        assert len(sql.rights_statements(WANTED, RIGHTS | {"defaults": fewer})) == 1, missing


def test_rights_that_were_added_by_hand_are_taken_away(sql: ModuleType) -> None:
    wider = RIGHTS | {"defaults": [*RIGHTS["defaults"], "r longhouse_a TRUNCATE"]}  # type: ignore[misc]
    (statement,) = sql.rights_statements(WANTED, wider)
    assert 'REVOKE TRUNCATE ON TABLES FROM "longhouse_a"' in statement


def test_the_app_role_is_never_given_more_than_rows(sql: ModuleType) -> None:
    text = " ".join(sql.rights_statements(WANTED, {"schema": [], "defaults": [], "functions": False}))
    assert not any(word in text for word in ("ALL", "TRUNCATE", "CREATE", "REFERENCES", "TRIGGER"))


def test_names_and_values_cannot_break_out(sql: ModuleType) -> None:
    assert sql.quoted('a"; DROP') == '"a""; DROP"'
    assert sql.literal("a'; DROP") == "'a''; DROP'"
