"""Releases from their steps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

MOST = 200


def releases(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Newest first `{service, run, began, ended, version, outcome, reason, steps}`.

    A step is `{step, outcome, seconds, detail}`. A release is what one run did to one service. Its outcome is `done`,
    `failed` or `under way`; `went back` when the run undid itself.
    """
    runs: dict[tuple[str, str], dict[str, Any]] = {}
    for event in events:
        key = (str(event.get("run", "")), event["service"])
        release = runs.setdefault(key, _new(event))
        release["ended"] = _seconds(event["time"])
        release["version"] = event.get("version") or release["version"]
        release["steps"].append({
            "step": event["step"], "outcome": event["outcome"], "seconds": event.get("seconds", 0),
            "detail": event.get("detail") or event.get("reason") or "",
        })  # fmt: skip
    for release in runs.values():
        release["outcome"], release["reason"] = _verdict(release["steps"])
    return sorted(runs.values(), key=lambda release: -release["began"])[:MOST]


def _new(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "service": event["service"], "run": event.get("run", ""), "version": "",
        "began": _seconds(event["time"]) - float(event.get("seconds", 0)), "steps": [],
    }  # fmt: skip


def _verdict(steps: list[dict[str, Any]]) -> tuple[str, str]:
    failed = next((step for step in steps if step["outcome"] == "failed"), None)
    if failed:
        return "failed", failed["detail"]
    undone = next((step for step in steps if step["outcome"] == "undone"), None)
    if undone:
        return "went back", undone["detail"]
    return ("under way", "") if steps[-1]["outcome"] == "under way" else ("done", "")


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
