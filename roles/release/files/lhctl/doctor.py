"""`lhctl doctor`: what is wrong, why as far as can be told, and the next command; causes before consequences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from lhctl.evidence import STORES, Evidence
from lhctl.status import DRILLS, newest_backups

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
            name, manual = STORES[unit]
            yield Complaint(f"{name} does not run ({unit} is {state})", why, f"journalctl -u {unit} -n 30", manual)


def _services(evidence: Evidence) -> Iterator[Complaint]:
    gone = [STORES[unit][0] for unit in _NEEDED if evidence.stores.get(unit, "active") != "active"]
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
                            "; ".join(service["quarantined"].values()),
                            f"lhctl plan {name}", "releases.md", False)  # fmt: skip


def _programs(service: dict[str, Any]) -> Iterator[Complaint]:
    for program, state in service["programs"].items():
        if state != "RUNNING":
            unit = f"longhouse-{service['name']}-fleet@{service['active']}.service"
            yield Complaint(f"{program} of {service['name']}'s fleet is {state}", "", f"journalctl -u {unit} -n 30",
                            "service-down.md")  # fmt: skip


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
    ask = "systemctl list-timers 'longhouse-*'; lhctl status"
    newest = newest_backups(evidence.status["last_backup"])
    if not newest:
        yield Complaint("there is no backup yet", "", ask, "backup-too-old.md", False)
    for repository, at in newest.items():
        if not at:
            what = f"there is no backup yet in repository {repository}"
            yield Complaint(what, "", ask, "backup-too-old.md", False)
        elif evidence.now - at > _BACKUP_OLD:
            what = f"the last good backup is {(evidence.now - at) / 3600:.0f} hours old in repository {repository}"
            yield Complaint(what, "", ask, "backup-too-old.md#backuptooold")
    for what, unit in DRILLS.items():
        drill = evidence.status[f"last_{what}_drill"]
        if drill and drill["verdict"] != "proven":
            yield Complaint(f"the last {what} drill failed", str(drill["reason"]), f"journalctl -u {unit} -n 30",
                            "backup-too-old.md", False)  # fmt: skip


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
