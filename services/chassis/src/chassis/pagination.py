"""Keyset pages, newest first, with cursors nobody can forge."""

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Row, Select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.problems import InvalidInput

T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TAG_BYTES = 16
_SIZE = 8 + 16 + _TAG_BYTES


class Page(BaseModel, Generic[T]):
    """One page; ``next_cursor`` is null on the last one."""

    items: list[T]
    next_cursor: str | None


class Position(NamedTuple):
    """The last row a client has seen."""

    created_at: datetime
    id: UUID


class CursorCodec:
    """Positions as opaque signed text; ``key`` is the secret of the service."""

    def __init__(self, key: str | bytes) -> None:
        self._key = key.encode() if isinstance(key, str) else key

    def encode(self, position: Position) -> str:
        microseconds = (position.created_at - _EPOCH) // timedelta(microseconds=1)
        payload = struct.pack(">q", microseconds) + position.id.bytes
        return base64.urlsafe_b64encode(payload + self._tag(payload)).rstrip(b"=").decode()

    def decode(self, cursor: str) -> Position:
        """Raise InvalidInput (422, field ``cursor``) for anything this key did not sign."""
        try:
            raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        payload, tag = raw[:-_TAG_BYTES], raw[-_TAG_BYTES:]
        if len(raw) != _SIZE or not hmac.compare_digest(tag, self._tag(payload)):
            raise InvalidInput("cursor", "is not a cursor of this list", location="query")
        (microseconds,) = struct.unpack(">q", payload[:8])
        return Position(_EPOCH + timedelta(microseconds=microseconds), UUID(bytes=payload[8:]))

    def _tag(self, payload: bytes) -> bytes:
        return hmac.digest(self._key, b"cursor:" + payload, hashlib.sha256)[:_TAG_BYTES]


@dataclass(frozen=True)
class PageRequest:
    """What the client asked for, decoded."""

    limit: int
    after: Position | None
    codec: CursorCodec


async def page_request(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=100, description="Entries per page")] = 20,
    cursor: Annotated[str | None, Query(min_length=1, max_length=200, description="`next_cursor` of a page")] = None,
) -> PageRequest:
    """The dependency behind :data:`PageParams`."""
    codec = CursorCodec(request.app.state.resources.settings.cursor_key.get_secret_value())
    return PageRequest(limit=limit, after=codec.decode(cursor) if cursor is not None else None, codec=codec)


PageParams = Annotated[PageRequest, Depends(page_request)]


async def fetch_page(
    session: AsyncSession,
    statement: Select[Any],
    page: PageRequest,
    *,
    created_at: ColumnElement[datetime] | Any,
    id: ColumnElement[UUID] | Any,
) -> tuple[Sequence[Row[Any]], str | None]:
    """Return the rows of one page, newest first, and the cursor of the next.

    ``statement`` selects columns (or entities) among which are ``created_at`` and ``id``, readable as attributes of the
    row or of its first element.
    """
    if page.after is not None:
        statement = statement.where(tuple_(created_at, id) < tuple_(page.after.created_at, page.after.id))
    rows = (await session.execute(statement.order_by(created_at.desc(), id.desc()).limit(page.limit + 1))).all()
    if len(rows) <= page.limit:
        return rows, None
    last = rows[page.limit - 1]
    holder = last if hasattr(last, "created_at") else last[0]
    return rows[: page.limit], page.codec.encode(Position(holder.created_at, holder.id))
