"""Idempotency-Key: a request that is sent again gets the answer it got, and nothing happens twice.

The record is written in the transaction of the change itself, so there is no moment in which one exists without the
other. Shape of the header's promises: draft-ietf-httpapi-idempotency-key-header (400 missing, 409 in
flight, 422 reused).
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from fastapi import Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from chassis.database.sessions import WriteSession, database_of
from chassis.problems import BadRequest, Conflict, Problem
from chassis.security.guards import CurrentPrincipal

# What deletes the rows: a service's consumer has `retention.IDEMPOTENCY` among its chores.
RETENTION = timedelta(hours=24)

# The parameter is described here, not declared to the framework: its absence is a 400, not a 422.
OPENAPI: dict[str, Any] = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "required": True,
            "description": "Any string that names this request, e.g. a UUID; kept for 24 hours",
            "schema": {"type": "string", "pattern": r"^[A-Za-z0-9._:~-]{1,128}$"},
        }
    ]
}
_KEY = re.compile(r"[A-Za-z0-9._:~-]{1,128}")


class KeyMissing(BadRequest):
    title = "Idempotency-Key missing or malformed"


class RequestInFlight(Conflict):
    """The same request is being worked on right now."""

    title = "Request in flight"


class KeyReused(Problem):
    """The key was used for another request."""

    status = 422
    title = "Idempotency-Key reused"


@dataclass(frozen=True)
class StoredAnswer:
    """The answer that was given, as it was sent."""

    status: int
    headers: Mapping[str, str]
    body: str

    def response(self, *, replayed: bool) -> Response:
        """The answer for the wire."""
        headers = {**self.headers, "Idempotency-Replayed": "true"} if replayed else dict(self.headers)
        return Response(self.body, status_code=self.status, headers=headers, media_type="application/json")


def idempotency_table(metadata: sa.MetaData) -> sa.Table:
    """Add the table `idempotency` to a service's metadata."""
    return sa.Table(
        "idempotency",
        metadata,
        sa.Column("owner", sa.Uuid, primary_key=True),
        sa.Column("operation", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("headers", pg.JSONB, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Index("ix_idempotency_expires_at", "expires_at"),
    )


_FIND = sa.text(
    "SELECT fingerprint, status, headers, body FROM idempotency"
    " WHERE owner = :owner AND operation = :operation AND key = :key AND expires_at > now()"
).columns(fingerprint=sa.LargeBinary, status=sa.SmallInteger, headers=pg.JSONB, body=sa.Text)
_LOCK = sa.text("SELECT pg_try_advisory_xact_lock(hashtextextended(:scope, 0))")
_SAVE = sa.text(
    "INSERT INTO idempotency (owner, operation, key, fingerprint, status, headers, body, expires_at)"
    " VALUES (:owner, :operation, :key, :fingerprint, :status, :headers, :body, now() + :retention)"
    " ON CONFLICT (owner, operation, key) DO UPDATE SET fingerprint = excluded.fingerprint, status = excluded.status,"
    " headers = excluded.headers, body = excluded.body, expires_at = excluded.expires_at"
).bindparams(sa.bindparam("headers", type_=pg.JSONB), sa.bindparam("retention", RETENTION, type_=sa.Interval))


class Idempotency:
    """One keyed request of one caller. ``request`` below is the parsed body: formatting is no difference."""

    def __init__(self, http: Request, *, owner: UUID, operation: str, key: str) -> None:
        self._http = http
        self._scope = {"owner": owner, "operation": operation, "key": key}

    async def answered(self, request: BaseModel) -> StoredAnswer | None:
        """Look for an earlier answer before any work, outside any transaction; raises `KeyReused`."""
        async with database_of(self._http).read_engine.connect() as connection:
            return await self._find(connection, request)

    async def claim(self, session: WriteSession, request: BaseModel) -> StoredAnswer | None:
        """Own the key until the session's transaction ends; an answer when another request was first.

        Raises `RequestInFlight` when another transaction owns it, `KeyReused` for another body.
        """
        scope = ":".join(str(part) for part in self._scope.values())
        if not (await session.execute(_LOCK, {"scope": scope})).scalar_one():
            raise RequestInFlight("the same request is being worked on", headers={"Retry-After": "1"})
        return await self._find(session, request)

    async def save(self, session: WriteSession, request: BaseModel, answer: StoredAnswer) -> None:
        """Keep ``answer`` with the transaction of the change it tells of."""
        await session.execute(
            _SAVE,
            {
                **self._scope,
                "fingerprint": _fingerprint(request),
                "status": answer.status,
                "headers": dict(answer.headers),
                "body": answer.body,
            },
        )

    async def _find(self, source: AsyncConnection | AsyncSession, request: BaseModel) -> StoredAnswer | None:
        row = (await source.execute(_FIND, self._scope)).one_or_none()
        if row is None:
            return None
        if bytes(row.fingerprint) != _fingerprint(request):
            raise KeyReused("this Idempotency-Key was used for a different request")
        return StoredAnswer(status=row.status, headers=row.headers, body=row.body)


def _fingerprint(request: BaseModel) -> bytes:
    return hashlib.sha256(request.model_dump_json().encode()).digest()


async def keyed_request(request: Request, caller: CurrentPrincipal) -> Idempotency:
    """The dependency behind `IdempotencyKey`; give the route ``openapi_extra=idempotency.OPENAPI`` as well."""
    key = request.headers.get("Idempotency-Key", "")
    if not _KEY.fullmatch(key):
        raise KeyMissing("send an Idempotency-Key header: 1 to 128 letters, digits or ._:~-")
    operation = f"{request.method} {request.url.path}"
    return Idempotency(request, owner=caller.subject, operation=operation, key=key)


IdempotencyKey = Annotated[Idempotency, Depends(keyed_request)]
