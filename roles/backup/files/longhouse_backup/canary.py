"""A row a minute in the running cluster; the newest one a restore finds tells how much would have been lost."""

from __future__ import annotations

from longhouse_backup.programs import LIVE_SOCKET, psql

TABLE = "public.longhouse_canary"
_BEAT = f"""
SET client_min_messages = warning;
CREATE TABLE IF NOT EXISTS {TABLE} (moment timestamptz PRIMARY KEY);
INSERT INTO {TABLE} VALUES (clock_timestamp());
DELETE FROM {TABLE} WHERE moment < now() - interval '2 days';
"""  # noqa: S608 - a constant


def beat() -> None:
    """Write this minute's row, forget those of the day before yesterday."""
    psql(LIVE_SOCKET, "postgres", _BEAT)


def send_off() -> str:
    """Have all that is written so far archived now, full segment or not; the name of its last segment.

    The server's own archive_timeout does not do: after a clean start the server looks at it when its first checkpoint
    is due, which may be in a quarter of an hour.
    """
    return psql(LIVE_SOCKET, "postgres", "SELECT pg_walfile_name(pg_switch_wal())")


def newest(socket: str) -> float | None:
    """When the newest row of a cluster was written, in seconds since 1970; None without any."""
    found = psql(socket, "postgres", f"SELECT extract(epoch FROM max(moment)) FROM {TABLE}")  # noqa: S608
    return float(found) if found else None


def exists(socket: str) -> bool:
    """Whether a row was ever written: a cluster in use has one after a minute."""
    return psql(socket, "postgres", f"SELECT to_regclass('{TABLE}') IS NOT NULL") == "t"
