"""The result of a run for programs and for the person who has to act on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lhctl.converge import Outcome


def as_data(outcomes: Sequence[Outcome], seconds: float) -> dict[str, Any]:
    """`{changed, failed, seconds, services: [{service, version, action, why, seconds, failure}]}`."""
    return {
        "changed": sorted(outcome.service for outcome in outcomes if outcome.changed),
        "failed": sorted(outcome.service for outcome in outcomes if outcome.failure),
        "seconds": round(seconds, 3),
        "services": [vars(outcome) for outcome in outcomes],
    }


def as_text(result: dict[str, Any]) -> str:
    """One line per service; a failure with its evidence and the next command."""
    lines: list[str] = []
    widest = max((len(service["service"]) for service in result["services"]), default=0)
    for service in result["services"]:
        word = "FAILED" if service["failure"] else service["action"]
        name = service["service"].ljust(max(widest, 20))
        lines.append(f"{name} {word:<10} {service['version']:<28} {service['why']}".rstrip())
        lines += _evidence(service) if service["failure"] else []
    return "\n".join(lines)


def _evidence(service: dict[str, Any]) -> list[str]:
    failure = service["failure"]
    lines = [f"  step {failure['step']}: {failure['reason']}", *(f"    | {line}" for line in failure["log"])]
    if failure["answer"]:
        lines.append(f"  last health answer: {failure['answer']}")
    look = (
        f"journalctl -u {failure['unit']} -n 100"
        if failure["unit"]
        else f"journalctl -t lhctl SERVICE={service['service']}"
    )
    if failure["serving"] is not None:
        lines.append(f"  {failure['serving']} still serves" if failure["serving"] else "  nothing serves yet")
    return [*lines, f"  next: {look}"]
