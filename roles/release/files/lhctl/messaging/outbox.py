"""Outboxes in the services' databases, read and mended as PostgreSQL's own account over its socket."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lhctl.errors import RefusedError

_STATE = """
SELECT json_build_object(
  'waiting', (SELECT count(*) FROM outbox),
  'oldest_seconds', (SELECT round(extract(epoch FROM now() - min(created_at))::numeric, 1) FROM outbox),
  'failing', (SELECT count(*) FROM outbox WHERE attempts > 0),
  'dead', (SELECT count(*) FROM outbox_dead))
"""
_DEAD = """
SELECT coalesce(json_agg(d ORDER BY died_at), '[]') FROM (
  SELECT id, type, aggregate_id, last_error, attempts, died_at, payload FROM outbox_dead
  ORDER BY died_at LIMIT :'limit') d
"""
# A new place in the line of its aggregate: receivers drop what is older than what they have.
_REDRIVE = """
WITH gone AS (DELETE FROM outbox_dead WHERE id = ANY (string_to_array(:'ids', ',')::uuid[]) RETURNING *),
     back AS (INSERT INTO outbox (id, aggregate_id, type, payload)
              SELECT id, aggregate_id, type, payload FROM gone ORDER BY seq RETURNING id)
SELECT coalesce(json_agg(id), '[]') FROM back
"""
_DROP = """
WITH gone AS (DELETE FROM outbox_dead WHERE id = ANY (string_to_array(:'ids', ',')::uuid[]) RETURNING *)
SELECT coalesce(json_agg(gone), '[]') FROM gone
"""


@dataclass(frozen=True)
class OutboxState:
    """Events the broker has not confirmed yet: how many, the age of the oldest (None when empty), how many were tried
    and refused, and how many the relay gave up on."""

    waiting: int
    oldest_seconds: float | None
    failing: int
    dead: int


class Outboxes:
    """Every database of the platform that has an outbox."""

    def services(self) -> list[str]:
        """Names of the services with an outbox; raises RefusedError when PostgreSQL does not answer."""
        names = self._query("postgres", "SELECT json_agg(datname) FROM pg_database WHERE datname ~ '^longhouse_'") or []
        has = "SELECT to_json(to_regclass('outbox') IS NOT NULL)"
        return sorted(name.removeprefix("longhouse_") for name in names if self._query(name, has))

    def state(self, service: str) -> OutboxState:
        return OutboxState(**self._query(f"longhouse_{service}", _STATE))

    def dead(self, service: str, limit: int) -> list[dict[str, Any]]:
        """`[{id, type, aggregate_id, last_error, attempts, died_at, payload}]`, the oldest first."""
        return list(self._query(f"longhouse_{service}", _DEAD, {"limit": str(limit)}))

    def redrive(self, service: str, ids: Sequence[str]) -> list[str]:
        """Put given-up events back into the outbox, in one transaction; returns the ids that went."""
        return list(self._query(f"longhouse_{service}", _REDRIVE, {"ids": ",".join(ids)}))

    def drop(self, service: str, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Remove given-up events; returns the rows that were removed."""
        return list(self._query(f"longhouse_{service}", _DROP, {"ids": ",".join(ids)}))

    def _query(self, database: str, statement: str, values: Mapping[str, str] | None = None) -> Any:
        settings = [f"--set={name}={value}" for name, value in (values or {}).items()]
        command = ["runuser", "-u", "postgres", "--", "psql", "-XAtq", "--set=ON_ERROR_STOP=1", *settings, database]
        # Variables are filled in for statements that psql reads, and not for those of its -c.
        result = subprocess.run(
            command, input=statement, capture_output=True, text=True, check=False, cwd="/", timeout=60
        )
        if result.returncode:
            reason = result.stderr.strip().splitlines()
            raise RefusedError(
                f"PostgreSQL, database {database}: {reason[-1] if reason else 'no answer'}; "
                "next: systemctl status postgresql@17-main"
            )
        return json.loads(result.stdout) if result.stdout.strip() else None
