"""What a restored cluster must show before anybody may call it a backup."""

from __future__ import annotations

from collections.abc import Callable

from longhouse_backup.plan import Plan
from longhouse_backup.programs import LIVE_SOCKET, SERVER_BINARIES, BackupError, psql, run

Check = Callable[[Plan, str], list[str]]


def problems(plan: Plan, socket: str) -> list[str]:
    """Everything that is wrong with the cluster behind `socket`; nothing when it is a proven copy."""
    return [problem for check in CHECKS for problem in check(plan, socket)]


def all_databases_there(plan: Plan, socket: str) -> list[str]:
    """Each database of the catalogue."""
    found = psql(socket, "postgres", "SELECT datname FROM pg_database WHERE datallowconn").splitlines()
    return [f"database {name} is missing" for name in plan.databases if name not in found]


def same_schema(plan: Plan, socket: str) -> list[str]:
    """Each database has the tables, indexes and rights that the running one has, unless that was migrated since."""
    comparable = [name for name in _present(plan, socket) if _revision(socket, name) == _revision(LIVE_SOCKET, name)]
    different = [name for name in comparable if _schema(socket, name) != _schema(LIVE_SOCKET, name)]
    return [f"schema of {name} is not the running one's" for name in different]


def invariants_hold(plan: Plan, socket: str) -> list[str]:
    """What the catalogue says always holds in the data, holds."""
    return [
        problem
        for database in _present(plan, socket)
        for name, query in plan.databases[database].items()
        if (problem := _broken(socket, database, name, query))
    ]


def undamaged(_plan: Plan, socket: str) -> list[str]:
    """Every table and index is sound, page by page, and every row is in its indexes."""
    words = ("--all", "--install-missing", "--heapallindexed", "--no-password", f"--host={socket}")
    try:
        run(str(SERVER_BINARIES / "pg_amcheck"), *words)
    except BackupError as error:
        return [str(error)]
    return []


# Damage last: looking for it adds an extension, which would show as a schema of its own.
CHECKS: tuple[Check, ...] = (all_databases_there, same_schema, invariants_hold, undamaged)


def _present(plan: Plan, socket: str) -> list[str]:
    missing = all_databases_there(plan, socket)
    return [name for name in plan.databases if f"database {name} is missing" not in missing]


def _revision(socket: str, database: str) -> str:
    """Where Alembic says that the schema stands; empty for a database that it does not keep."""
    if psql(socket, database, "SELECT to_regclass('alembic_version') IS NULL") == "t":
        return ""
    return psql(socket, database, "SELECT string_agg(version_num, ' ' ORDER BY version_num) FROM alembic_version")


def _schema(socket: str, database: str) -> list[str]:
    text = run("pg_dump", "--schema-only", f"--host={socket}", f"--dbname={database}")
    # \restrict carries a new random word each time.
    return [line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


def _broken(socket: str, database: str, name: str, query: str) -> str | None:
    asked = query.strip().rstrip(";")
    try:
        # Read-only, so that a query that changes what it looks at is told rather than believed.
        rows = psql(socket, database, f"BEGIN READ ONLY; SELECT count(*) FROM ({asked}) AS broken; COMMIT")  # noqa: S608
    except BackupError as error:
        return f"invariant {name} of {database} cannot be asked: {error}"
    return None if rows == "0" else f"invariant {name} of {database} is broken by {rows} rows"
