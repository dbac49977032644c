"""Identifiers that sort by creation time."""

from uuid import UUID, uuid5

from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> UUID:
    """Return a new UUIDv7: its leading 48 bits are the Unix time in milliseconds, so index pages fill in order."""
    return _uuid7()


def derived_uuid7(parent: UUID, name: str) -> UUID:
    """Return the one UUIDv7 of ``name`` below ``parent``, another UUIDv7: whoever derives it again gets the same.

    It sorts with its parent, whose time it carries; the rest is a hash instead of chance.
    """
    time = parent.int >> 80 << 80
    # The low 76 bits of any UUID: its variant, and what is not time or version.
    return UUID(int=time | 7 << 76 | uuid5(parent, name).int & (1 << 76) - 1)
