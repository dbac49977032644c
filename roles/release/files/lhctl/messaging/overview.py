"""Depths and ages of everything events pass through, as data and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lhctl.layout import Layout
from lhctl.messaging import broker
from lhctl.messaging.broker import QueueDepth
from lhctl.messaging.dead_letters import SUFFIX
from lhctl.messaging.outbox import Outboxes, OutboxState
from lhctl.messaging.replay import STREAM


@dataclass(frozen=True)
class Overview:
    """Outboxes by service, and every queue."""

    outboxes: Mapping[str, OutboxState]
    queues: list[QueueDepth]


def collect(layout: Layout) -> Overview:
    """Ask PostgreSQL and RabbitMQ; raises RefusedError when one does not answer."""
    outboxes = Outboxes()
    states = {service: outboxes.state(service) for service in outboxes.services()}
    return Overview(states, broker.Management(broker.password(layout)).queues())


def of_service(found: Overview, service: str) -> dict[str, Any]:
    """`{"outbox": {waiting, oldest_seconds, failing, dead} | None, "queues": {name: {ready, unacknowledged, …}}}`."""
    outbox = found.outboxes.get(service)
    mine = [queue for queue in found.queues if queue.name.startswith(f"{service}.")]
    return {
        "outbox": asdict(outbox) if outbox else None,
        "queues": {queue.name: {key: value for key, value in asdict(queue).items() if key != "name"} for queue in mine},
    }


def as_data(found: Overview, reasons: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    """Everything, with the dead letters counted by where they died and why."""
    return {
        "outboxes": {service: asdict(state) for service, state in found.outboxes.items()},
        "queues": [asdict(queue) for queue in found.queues],
        "dead_letters": [
            {"source": source, "reason": reason, "count": count} for (source, reason), count in reasons.items()
        ],
    }


def as_text(found: Overview, reasons: Mapping[tuple[str, str], int]) -> str:
    """A table of outboxes, one of queues, and the dead letters with the next command."""
    lines = [f"{'OUTBOX':<24} {'WAITING':>8} {'OLDEST':>9} {'FAILING':>8} {'GIVEN UP':>9}"]
    for service, state in found.outboxes.items():
        age = "-" if state.oldest_seconds is None else f"{state.oldest_seconds} s"
        lines.append(f"{service:<24} {state.waiting:>8} {age:>9} {state.failing:>8} {state.dead:>9}")
    lines += ["", f"{'QUEUE':<24} {'READY':>8} {'UNACKED':>9} {'CONSUMERS':>8}"]
    for queue in found.queues:
        if queue.name == STREAM or (queue.name.endswith(SUFFIX) and not queue.ready):
            continue
        lines.append(f"{queue.name:<24} {queue.ready:>8} {queue.unacknowledged:>9} {queue.consumers:>8}")
    lines.append("")
    if not reasons:
        return "\n".join([*lines, "no dead letters"])
    lines += [f"{count} dead in {source}: {reason}" for (source, reason), count in sorted(reasons.items())]
    return "\n".join([*lines, "next: lhctl dead-letters list, then redrive or drop"])
