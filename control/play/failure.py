"""A failed task in words: which one, where, and what it said."""

from __future__ import annotations

from typing import Any

_STREAMS = ("stderr", "module_stderr", "stdout", "module_stdout")
_LONGEST = 25


def describe(event: dict[str, Any]) -> tuple[str, str]:
    """(one line, the lines that show why) of a `failed` or `unreachable` event."""
    result = event["result"]
    blamed = next((item for item in result.get("results", []) if item.get("failed")), result)
    message = str(blamed.get("msg") or result.get("msg") or "no message").strip()
    first, _, rest = message.partition("\n")
    shown = next((str(blamed[stream]).strip() for stream in _STREAMS if str(blamed.get(stream) or "").strip()), "")
    detail = "\n".join(part for part in (rest.strip(), shown) if part)
    place = "cannot be reached" if event["event"] == "unreachable" else "failed"
    return f"task '{event['task']}' {place} on {event['host']}: {first}", "\n".join(detail.splitlines()[-_LONGEST:])
