"""`lhctl doctor`: what is wrong, why as far as can be told, and the next command; causes before consequences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from lhctl.evidence import STORES, Evidence

_DAY = 86400
_BACKUP_OLD = 1.5 * _DAY
_OUTBOX_STUCK = 60
_LEAST_SPACE, _LEAST_MEMORY = 0.1, 0.05
# What a service cannot do without; Redis' cache and the watching it can.
_NEEDED = ("postgresql@17-main.service", "redis-server@state.service")


@dataclass(frozen=True)
class Complaint:
    """`urgent`: somebody is affected now. `why` is empty when it cannot be told from here."""

    what: str
    why: str
    ask: str
    manual: str
    urgent: bool = True


Examination = Callable[[Evidence], Iterator[Complaint]]


def diagnose(evidence: Evidence) -> list[Complaint]:
    """Everything that is wrong, in the order in which it is worth mending: causes before what follows from them."""
    return [complaint for examine in _EXAMINATIONS for complaint in examine(evidence)]


def _space(evidence: Evidence) -> Iterator[Complaint]:
    for place, free in evidence.space.items():
        if free < _LEAST_SPACE:
            folder = place.partition(" ")[0]
            ask = f"du -xh --max-depth=2 {folder} | sort -h | tail -n 15"
            yield Complaint(f"{place} is almost full: {free:.0%} left", "", ask, "host.md#diskfull")
    if evidence.memory_free < _LEAST_MEMORY:
        ask = "systemctl status longhouse.slice; ps -eo rss,comm --sort=-rss | head"
        yield Complaint(f"only {evidence.memory_free:.0%} of the memory is left", "", ask, "host.md#memorylow")


def _stores(evidence: Evidence) -> Iterator[Complaint]:
    full = next((place for place, free in evidence.space.items() if free < _LEAST_SPACE / 2), "")
    for unit, state in evidence.stores.items():
        if state != "active":
            why = f"probably because {full} is full" if full else ""
            yield Complaint(f"{STORES[unit]} does not run ({unit} is {state})", why, f"journalctl -u {unit} -n 30",
                            "stores.md" if unit not in ("nginx.service",) else "edge.md")  # fmt: skip


def _services(evidence: Evidence) -> Iterator[Complaint]:
    gone = [STORES[unit] for unit in _NEEDED if evidence.stores.get(unit, "active") != "active"]
    for service in evidence.status["services"]:
        name, unit = service["name"], f"longhouse-{service['name']}@{service['active']}.service"
        objection = evidence.health.get(name, "")
        if service["state"] in ("failing", "stopped") or objection:
            said = objection or f"is {service['state']}"
            why = f"probably because {' and '.join(gone)} does not run" if gone else ""
            ask = f"journalctl -u {unit} -n 30" if service["active"] else f"lhctl deploy {name}"
            yield Complaint(f"service {name}: {said}", why, ask, "service-down.md#servicedown")
        yield from _programs(service)
        if service["unfinished"]:
            yield Complaint(
                f"a release of {name} did not end",
                "the run was killed, or is still under way",
                f"journalctl -t lhctl SERVICE={name} -n 20; lhctl converge --only {name}",
                "releases.md",
                False,
            )
        if service["quarantined"]:
            yield Complaint(f"{len(service['quarantined'])} release(s) of {name} are in quarantine",
                            "; ".join(str(reason) for reason in _reasons(service["quarantined"])),
                            f"lhctl plan {name}", "releases.md", False)  # fmt: skip


def _programs(service: dict[str, Any]) -> Iterator[Complaint]:
    for program, state in service["programs"].items():
        if state != "RUNNING":
            unit = f"longhouse-{service['name']}-fleet@{service['active']}.service"
            yield Complaint(f"{program} of {service['name']}'s fleet is {state}", "", f"journalctl -u {unit} -n 30",
                            "service-down.md")  # fmt: skip


def _reasons(quarantined: Any) -> list[Any]:
    return list(quarantined.values()) if isinstance(quarantined, dict) else list(quarantined)


def _events(evidence: Evidence) -> Iterator[Complaint]:
    broker_gone = evidence.stores.get("rabbitmq-server.service", "active") != "active"
    problem = evidence.status["events_problem"]
    if problem and not broker_gone and evidence.stores.get(_NEEDED[0], "active") == "active":
        yield Complaint("queues and outboxes cannot be seen", problem, "sudo lhctl events", "pipeline.md", False)
    for service in evidence.status["services"]:
        outbox = service["outbox"] or {}
        if (outbox.get("oldest_seconds") or 0) > _OUTBOX_STUCK:
            why = "RabbitMQ does not run" if broker_gone else ""
            ask = f"journalctl SERVICE={service['name']} --grep relay -n 20"
            yield Complaint(f"an event of {service['name']} has waited {outbox['oldest_seconds']:.0f} s for the broker",
                            why, ask, "pipeline.md#outboxstuck")  # fmt: skip
        for name, queue in (service["queues"] or {}).items():
            if name.endswith(".dead") and queue["ready"]:
                yield Complaint(f"{queue['ready']} messages nobody could apply are in {name}", "",
                                "lhctl dead-letters list", "pipeline.md#deadletters", False)  # fmt: skip


def _backups(evidence: Evidence) -> Iterator[Complaint]:
    backups, drill = evidence.status["last_backup"], evidence.status["last_restore_drill"]
    newest = max((backup["succeeded"] or 0 for backup in (backups or {}).values()), default=0)
    ask = "longhouse-backup status; systemctl list-timers 'longhouse-*'"
    if not newest:
        yield Complaint("there is no backup yet", "", ask, "backup-too-old.md", False)
    elif evidence.now - newest > _BACKUP_OLD:
        age = (evidence.now - newest) / 3600
        yield Complaint(f"the last good backup is {age:.0f} hours old", "", ask, "backup-too-old.md#backuptooold")
    if drill and drill["verdict"] != "proven":
        yield Complaint("the last restore drill failed", str(drill["reason"]),
                        "journalctl -u longhouse-restore-drill -n 30", "backup-too-old.md", False)  # fmt: skip


def _units(evidence: Evidence) -> Iterator[Complaint]:
    for unit in evidence.failed:
        if unit not in evidence.stores:
            yield Complaint(f"{unit} has failed", "", f"journalctl -u {unit} -n 30", "host.md#unitfailed", False)


def _alerts(evidence: Evidence) -> Iterator[Complaint]:
    """What the rules see and this look does not."""
    if evidence.alerts is None:
        if evidence.stores.get("prometheus-alertmanager.service") == "active":
            yield Complaint("Alertmanager does not answer", "", "journalctl -u prometheus-alertmanager -n 20",
                            "watching.md", False)  # fmt: skip
        return
    for alert in evidence.alerts:
        labels, notes = alert["labels"], alert["annotations"]
        if labels.get("alertname") != "Watchdog":
            page = str(notes.get("runbook_url", "watching.md")).removeprefix("docs/operations/")
            yield Complaint(f"alert {labels.get('alertname')}: {notes.get('summary', '')}", "",
                            "amtool --alertmanager.url http://127.0.0.1:9093 alert", page,
                            labels.get("severity") == "page")  # fmt: skip


_EXAMINATIONS: tuple[Examination, ...] = (_space, _stores, _services, _events, _backups, _units, _alerts)


def as_data(complaints: list[Complaint]) -> dict[str, Any]:
    """`{well, urgent, complaints: [{what, why, ask, manual, urgent}]}`."""
    return {
        "well": not complaints,
        "urgent": any(complaint.urgent for complaint in complaints),
        "complaints": [asdict(complaint) for complaint in complaints],
    }


def as_text(complaints: list[Complaint]) -> str:
    """A paragraph each: what, why, what to type, where to read."""
    if not complaints:
        return "Nothing is wrong that can be seen from here."
    lines = []
    for number, complaint in enumerate(complaints, 1):
        lines.append(f"{number}. {complaint.what}{'' if complaint.urgent else ' (nobody is affected now)'}")
        lines += [f"   {complaint.why}"] if complaint.why else []
        lines += [f"   next: {complaint.ask}", f"   read: docs/operations/{complaint.manual}", ""]
    return "\n".join(lines).rstrip()
