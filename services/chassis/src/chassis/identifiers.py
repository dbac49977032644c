"""Identifiers that sort by creation time."""

from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> UUID:
    """Return a new UUIDv7: its leading 48 bits are the Unix time in milliseconds, so index pages fill in order."""
    return _uuid7()
