"""Times as people read them."""

from datetime import UTC, datetime


def format_moment(time: str) -> str:
    """``format_moment("2026-11-21T10:05:59Z")`` is ``21 November 2026, 10:05 UTC``."""
    moment = datetime.fromisoformat(time).astimezone(UTC)
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"
