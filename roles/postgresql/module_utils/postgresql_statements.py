"""Statements that bring roles, databases and rights to their wanted shape. Pure: from what is to what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MARK = "made by longhouse"
TABLE_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")
SEQUENCE_RIGHTS = ("SELECT", "USAGE")


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A value as an SQL string."""
    return "'" + value.replace("'", "''") + "'"


class RoleStatements:
    """Statements that bring one role to its wanted shape."""

    def __init__(self, roles: Mapping[str, Any]) -> None:
        self.roles = roles

    def ensure(
        self, name: str, *, login: bool, limit: int = -1, settings: Mapping[str, str] | None = None,
        member_of: str = "", inherits: bool = False, createdb: bool = False,
    ) -> list[str]:  # fmt: skip
        """Create or change the role. Of the role it is a member of it has all rights (`inherits`), or asks for them."""
        present = self.roles.get(name)
        state = present or {"login": False, "limit": -1, "createdb": False, "settings": [], "memberships": {}}
        role = quoted(name)
        statements = [] if present else [f"CREATE ROLE {role}"]
        if not state.get("marked"):
            statements.append(f"COMMENT ON ROLE {role} IS {literal(MARK)}")
        if (state["login"], state["limit"], state["createdb"]) != (login, limit, createdb):
            words = f"{'' if login else 'NO'}LOGIN {'' if createdb else 'NO'}CREATEDB CONNECTION LIMIT {limit}"
            statements.append(f"ALTER ROLE {role} WITH {words}")
        has = dict(setting.split("=", 1) for setting in state["settings"] or [])
        wanted = settings or {}
        statements += [f"ALTER ROLE {role} SET {k} = {literal(v)}" for k, v in wanted.items() if has.get(k) != v]
        statements += [f"ALTER ROLE {role} RESET {key}" for key in has if key not in wanted]
        # By name: whether it becomes the other role only by asking (SET), as a migrator shall.
        held = state["memberships"] or {}
        statements += [f"REVOKE {quoted(other)} FROM {role}" for other in held if other != member_of]
        if member_of and held.get(member_of) is not (not inherits):
            options = "INHERIT TRUE, SET FALSE" if inherits else "INHERIT FALSE, SET TRUE"
            statements.append(f"GRANT {quoted(member_of)} TO {role} WITH {options}")
        return statements

    def retire_unknown(self, known: set[str]) -> list[str]:
        """Lock out roles we made once and nobody wants any more."""
        return [
            f"ALTER ROLE {quoted(name)} WITH NOLOGIN"
            for name, state in self.roles.items()
            if state["marked"] and state["login"] and name not in known
        ]


def database_statements(wanted: Mapping[str, Any], databases: Mapping[str, Any]) -> list[str]:
    """Statements about the database as a whole; CREATE DATABASE comes first because it runs outside a transaction."""
    name, statements = quoted(wanted["name"]), []
    present = databases.get(wanted["name"])
    if not present:
        # Rules built into PostgreSQL: an upgrade of the C library cannot corrupt indexes on text.
        options = "TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C.UTF-8'"
        statements.append(f"CREATE DATABASE {name} OWNER {quoted(wanted['owner'])} {options}")
    elif present["owner"] != wanted["owner"]:
        statements.append(f"ALTER DATABASE {name} OWNER TO {quoted(wanted['owner'])}")
    acl = set(present["acl"] if present else ["PUBLIC CONNECT", "PUBLIC TEMPORARY"])
    return statements + connect_statements(wanted["name"], acl, [wanted["user"], wanted["migrator"]])


def connect_statements(database: str, acl: set[str], roles: Sequence[str]) -> list[str]:
    """Let just these roles in, besides the owner."""
    statements = []
    if acl & {"PUBLIC CONNECT", "PUBLIC TEMPORARY"}:
        statements.append(f"REVOKE ALL ON DATABASE {quoted(database)} FROM PUBLIC")
    missing = [quoted(role) for role in roles if f"{role} CONNECT" not in acl]
    return statements + ([f"GRANT CONNECT ON DATABASE {quoted(database)} TO {', '.join(missing)}"] if missing else [])


def rights_statements(wanted: Mapping[str, Any], state: Mapping[str, Any]) -> list[str]:
    """Statements run inside the database: the app role works on rows of what the owner makes, and on nothing else."""
    user, for_owner = wanted["user"], f"ALTER DEFAULT PRIVILEGES FOR ROLE {quoted(wanted['owner'])}"
    schema, defaults = set(state["schema"] or []), set(state["defaults"] or [])
    statements = []
    if any(right.startswith("PUBLIC ") for right in schema):
        statements.append("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    if f"{user} USAGE" not in schema:
        statements.append(f"GRANT USAGE ON SCHEMA public TO {quoted(user)}")
    for kind, objects, rights in (("r", "TABLES", TABLE_RIGHTS), ("S", "SEQUENCES", SEQUENCE_RIGHTS)):
        held = {right.split()[2] for right in defaults if right.startswith(f"{kind} {user} ")}
        if surplus := sorted(held - set(rights)):
            statements.append(f"{for_owner} REVOKE {', '.join(surplus)} ON {objects} FROM {quoted(user)}")
        if not set(rights) <= held:
            statements.append(f"{for_owner} GRANT {', '.join(rights)} ON {objects} TO {quoted(user)}")
    if not state["functions"]:
        statements.append(f"{for_owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")
    if f"f {user} EXECUTE" not in defaults:
        statements.append(f"{for_owner} GRANT EXECUTE ON FUNCTIONS TO {quoted(user)}")
    return statements
