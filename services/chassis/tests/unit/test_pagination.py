"""Cursors: only what this service signed."""

import base64
from datetime import UTC, datetime
from uuid import UUID

import pytest

from chassis.pagination import CursorCodec, Position
from chassis.problems import InvalidInput

POSITION = Position(datetime(2026, 11, 21, 12, 30, 15, 123456, UTC), UUID("01890a5d-ac96-774b-bcce-b302099a8057"))


def test_round_trip_keeps_microseconds() -> None:
    codec = CursorCodec("key")
    assert codec.decode(codec.encode(POSITION)) == POSITION


def test_every_changed_byte_is_refused() -> None:
    codec = CursorCodec("key")
    raw = base64.urlsafe_b64decode(codec.encode(POSITION) + "==")
    for index in range(len(raw)):
        forged = bytearray(raw)
        forged[index] ^= 1
        with pytest.raises(InvalidInput):
            codec.decode(base64.urlsafe_b64encode(forged).decode().rstrip("="))


def test_the_cursor_of_another_key_is_refused() -> None:
    with pytest.raises(InvalidInput):
        CursorCodec("key").decode(CursorCodec("other key").encode(POSITION))


@pytest.mark.parametrize("cursor", ["x", "=", "ä", "\x00", "a b", "A" * 53, "A" * 54, "A" * 55])
def test_nonsense_is_refused_naming_the_field(cursor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        CursorCodec("key").decode(cursor)
    assert refused.value.extensions["errors"][0]["field"] == "cursor"
