"""Brings one database back while the others serve: from a copy of the cluster as it was, swapped in by a rename."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from longhouse_backup import scratch
from longhouse_backup.plan import STATE
from longhouse_backup.programs import LIVE_SOCKET, psql, run


def restore(database: str, repository: int, target: datetime | None) -> dict[str, Any]:
    """The database as it was at `target`; what it held until now is kept under another name.

    Its service meets closed connections once, for the moment of the two renames.
    """
    fresh, before = f"{database}_restoring", f"{database}_before_{datetime.now(UTC):%Y%m%dt%H%M%S}"
    with (
        scratch.restored("one-database", repository, target) as socket,
        tempfile.TemporaryDirectory(dir=STATE) as folder,
    ):
        dump = str(Path(folder) / "dump")
        run("pg_dump", "--format=directory", "--jobs=2", f"--host={socket}", f"--dbname={database}", f"--file={dump}")
        _at_home(f'DROP DATABASE IF EXISTS "{fresh}"')
        _at_home(f'CREATE DATABASE "{fresh}" TEMPLATE template0')
        run("pg_restore", "--exit-on-error", "--jobs=2", f"--host={LIVE_SOCKET}", f"--dbname={fresh}", dump)
    _swap(database, fresh, before)
    return {"restored": database, "target": target.isoformat() if target else None, "kept": before}


def _swap(database: str, fresh: str, before: str) -> None:
    # Rights and settings of the database itself are not part of its dump; they move with the name.
    _at_home(f"""
        BEGIN;
        UPDATE pg_database AS new SET datacl = old.datacl, datdba = old.datdba
          FROM pg_database AS old WHERE new.datname = '{fresh}' AND old.datname = '{database}';
        UPDATE pg_db_role_setting SET setdatabase = (SELECT oid FROM pg_database WHERE datname = '{fresh}')
          WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = '{database}');
        COMMIT;
    """)  # noqa: S608 - names are the plan's own
    _at_home(f"""
        ALTER DATABASE "{database}" ALLOW_CONNECTIONS false;
        SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{database}';
        ALTER DATABASE "{database}" RENAME TO "{before}";
        ALTER DATABASE "{fresh}" RENAME TO "{database}";
        ALTER DATABASE "{before}" ALLOW_CONNECTIONS true;
    """)  # noqa: S608


def _at_home(statements: str) -> None:
    psql(LIVE_SOCKET, "postgres", statements)
