"""Alerts that fire, and the console's one writing act: a silence with a reason and a name."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from longhouse_console import http_source, journal
from longhouse_console.problems import Problem, SourceError

NAME = "Alertmanager"
SECONDS = 4.0
LONGEST_HOURS = 72
_ID = re.compile(r"[0-9a-f-]{36}")
# Labels that say which trouble it is; the others only say where it was measured.
_IDENTITY = ("alertname", "service", "queue", "channel", "name", "mountpoint", "server_name", "repository", "redis")
# A unit of a service, as alerts about units name it.
_UNIT = re.compile(r"longhouse-(?P<service>[a-z][a-z0-9_]*)(?:-fleet)?@(?:blue|green)\.service")
_ORDER = {"page": 0, "ticket": 1, "info": 2}


class Alertmanager:
    """Alertmanager's API (v2) at `url`."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/api/v2"

    def alerts(self) -> tuple[list[dict[str, Any]], bool]:
        """Loudest first `{labels, summary, runbook, logs, severity, since, state, silences}`, and whether anybody
        watches. `logs` is what to look for in the logs, `{source, level}`, or None.

        Watching is what the alert tells that always fires: without it, silence means nothing.
        """
        raw = self._get("alerts")
        found = [_alert(one) for one in raw if one["labels"].get("alertname") != "Watchdog"]
        found.sort(key=lambda one: (one["state"] != "active", _ORDER.get(one["severity"], 3), one["since"]))
        return found, len(found) < len(raw)

    def silences(self) -> list[dict[str, Any]]:
        """Silences under way or to come: `{id, matchers: text, by, comment, ends}`."""
        return [
            {"id": raw["id"], "matchers": _matchers(raw["matchers"]), "by": raw["createdBy"],
             "comment": raw["comment"], "ends": raw["endsAt"]}
            for raw in self._get("silences") if raw["status"]["state"] != "expired"
        ]  # fmt: skip

    def silence(self, wanted: Any, by: str) -> dict[str, Any]:
        """Silence `{labels: {…}, hours, comment}` in the name of `by`; Problem 422 names what is wrong with it."""
        labels, hours, comment = _checked(wanted)
        now = datetime.now(UTC)
        body = {
            "matchers": [{"name": k, "value": v, "isRegex": False, "isEqual": True} for k, v in sorted(labels.items())],
            "startsAt": now.isoformat(), "endsAt": (now + timedelta(hours=hours)).isoformat(),
            "createdBy": by, "comment": comment,
        }  # fmt: skip
        status, answer = http_source.call(NAME, f"{self._url}/silences", seconds=SECONDS, body=body)
        if status != 200:
            raise SourceError(f"{NAME} refused the silence ({status}): {answer}")
        return {"id": answer["silenceID"], "ends": body["endsAt"]}

    def end_silence(self, identity: str) -> None:
        """End a silence now."""
        if not _ID.fullmatch(identity):
            raise Problem(404, "There is no such silence.")
        status, _ = http_source.call(NAME, f"{self._url}/silence/{identity}", seconds=SECONDS, method="DELETE")
        if status == 404:
            raise Problem(404, "There is no such silence.")
        if status != 200:
            raise SourceError(f"{NAME} answered {status}")

    def _get(self, what: str) -> list[dict[str, Any]]:
        status, body = http_source.call(NAME, f"{self._url}/{what}", seconds=SECONDS)
        if status != 200 or not isinstance(body, list):
            raise SourceError(f"{NAME} answered {status}")
        return body


def _alert(raw: dict[str, Any]) -> dict[str, Any]:
    labels, notes = raw["labels"], raw["annotations"]
    return {
        "labels": {name: labels[name] for name in _IDENTITY if name in labels},
        "severity": labels.get("severity", ""),
        "summary": notes.get("summary", ""),
        "runbook": notes.get("runbook_url", ""),
        "logs": _logs(labels),
        "since": raw["startsAt"],
        "state": raw["status"]["state"],
        "silences": raw["status"]["silencedBy"],
    }


def _logs(labels: dict[str, str]) -> dict[str, str] | None:
    """Where the cause is written. Stores tell their troubles at any level, services as warnings and errors."""
    name = labels.get("name", "")
    unit = _UNIT.match(name)
    service = labels.get("service") or labels.get("queue", "").partition(".")[0] or (unit["service"] if unit else "")
    if service:
        return {"source": service, "level": "4"}
    parts = (part for part, matches in journal.SOURCES.items() if f"_SYSTEMD_UNIT={name}" in matches)
    source = next(parts, labels.get("job", ""))
    return {"source": source, "level": ""} if source in journal.SOURCES else None


def _matchers(raw: list[dict[str, Any]]) -> str:
    signs = {(True, False): "=", (False, False): "!=", (True, True): "=~", (False, True): "!~"}
    return ", ".join(f"{m['name']}{signs[m.get('isEqual', True), m['isRegex']]}{m['value']}" for m in raw)


def _checked(wanted: Any) -> tuple[dict[str, str], float, str]:
    if not isinstance(wanted, dict):
        raise Problem(422, "The body is an object with labels, hours and comment.")
    labels, hours, comment = wanted.get("labels"), wanted.get("hours"), wanted.get("comment")
    if not isinstance(labels, dict) or not labels.get("alertname") or not set(labels) <= set(_IDENTITY):
        raise Problem(422, f"labels: alertname, and of {', '.join(_IDENTITY[1:])} what it shall fit")
    if not all(isinstance(value, str) and value for value in labels.values()):
        raise Problem(422, "labels: every value is a text that is not empty")
    if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 < hours <= LONGEST_HOURS:
        raise Problem(422, f"hours: more than 0, at most {LONGEST_HOURS}")
    if not isinstance(comment, str) or not comment.strip():
        raise Problem(422, "comment: say why, for whoever wonders at night")
    return labels, hours, comment.strip()[:500]
