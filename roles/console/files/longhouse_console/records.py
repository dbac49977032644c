"""A record of the journal as the page shows it."""

from __future__ import annotations

import json
import re
from typing import Any

LONGEST_MESSAGE = 8000
# The console asking for this very list would be most of it.
_OWN = "/console/api/"
# Known by everybody, shown elsewhere in the record, or of no use to a person.
_LEFT_OUT = frozenset({"MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "SERVICE", "SYSLOG_FACILITY", "SYSLOG_RAW", "TID"})
# Python tells the first error of a chain first: the others are what it led to.
_FIRST_ERROR = re.compile(r"^Traceback .*\n(?:[ \t].*\n)*(?P<error>\S.*)", re.MULTILINE)


def record(raw: dict[str, Any]) -> dict[str, Any] | None:
    """`{time, source, level, message, cause, trace_id, request_id, unit, fields}`; None for the console's own.

    Time is in seconds; `cause` is the error that a traceback begins with, empty where there is none.
    """
    message, fields = _text(raw.get("MESSAGE")), _fields(raw)
    name = _text(raw.get("SYSLOG_IDENTIFIER")) or _text(raw.get("_COMM")) or "?"
    if name == "nginx_access":
        message, fields = _request(message, fields)
        if _OWN in fields.get("uri", ""):
            return None
    return {
        "time": int(raw.get("__REALTIME_TIMESTAMP", 0)) / 1e6,
        "source": "edge" if name.startswith("nginx") else _text(raw.get("SERVICE")) or name,
        "level": int(raw["PRIORITY"]) if str(raw.get("PRIORITY", "")).isdigit() else 6,
        "message": message[:LONGEST_MESSAGE],
        "cause": _cause(_text(raw.get("EXCEPTION"))),
        "trace_id": _text(raw.get("TRACE_ID")),
        "request_id": _text(raw.get("REQUEST_ID")),
        "unit": _text(raw.get("_SYSTEMD_UNIT")),
        "fields": fields,
    }


def _fields(raw: dict[str, Any]) -> dict[str, str]:
    """What whoever wrote the record gave with it; what journald adds begins with an underscore."""
    own = {name: _text(value) for name, value in raw.items() if not name.startswith("_") and name not in _LEFT_OUT}
    return {name: text[:LONGEST_MESSAGE] for name, text in sorted(own.items()) if text}


def _request(message: str, fields: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The edge's line in words, and all it holds as fields."""
    try:
        entry = json.loads(message)
        words = f"{entry['method']} {entry['uri']} → {entry['status']} in {float(entry['request_time']) * 1000:.0f} ms"
        return words, {name: str(value) for name, value in sorted(entry.items()) if value not in ("", None)}
    except (ValueError, KeyError, TypeError):
        return message, fields


def _cause(traceback: str) -> str:
    found = _FIRST_ERROR.search(traceback)
    return found["error"] if found else ""


def _text(value: Any) -> str:
    """journalctl gives bytes that are no UTF-8 as a list of numbers, and a field that came twice as a list."""
    if isinstance(value, list):
        if all(isinstance(part, int) for part in value):
            return bytes(value).decode(errors="replace")
        return " ".join(_text(part) for part in value)
    return value if isinstance(value, str) else ""
