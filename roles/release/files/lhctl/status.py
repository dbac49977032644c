"""What runs here, as data and as a table."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from lhctl.errors import RefusedError
from lhctl.layout import COLOURS
from lhctl.messaging import overview
from lhctl.messaging.overview import Overview
from lhctl.ports import Host
from lhctl.state import ServiceState
from lhctl.supervisor import Supervisor

# What is restored to prove the backups, and the unit that does it.
DRILLS = {"restore": "longhouse-restore-drill", "snapshot": "longhouse-snapshot-proof"}


def collect(host: Host) -> dict[str, Any]:
    """Every service that was ever released here. Backups and the restore drill are null until there was one."""
    events, problem = _events(host)
    services = [_service(host, name) | _waiting(events, name) for name in host.layout.known_services()]
    backups, drills = _backups(host)
    return {"services": services, "events_problem": problem, "last_backup": backups} | drills


def _events(host: Host) -> tuple[Overview | None, str | None]:
    """What waits in outboxes and queues, or why nobody can tell; the rest of the status does not depend on it."""
    try:
        return overview.collect(host.layout), None
    except RefusedError as error:
        return None, str(error)


def _waiting(events: Overview | None, name: str) -> dict[str, Any]:
    return overview.of_service(events, name) if events else {"outbox": None, "queues": None}


def _backups(host: Host) -> tuple[dict[str, Any] | None, dict[str, Any]]:
    """Backups by `<repository>/<type>`, and the last drills: what longhouse-backup and longhouse-snapshot published."""
    databases, files = (_published(host, folder) for folder in ("backup", "snapshots"))
    backups = databases.get("backups", {}) | files.get("backups", {})
    return backups or None, {"last_restore_drill": databases.get("drill"), "last_snapshot_drill": files.get("drill")}


def _published(host: Host, folder: str) -> dict[str, Any]:
    try:
        record = json.loads((host.layout.variable / folder / "record.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, PermissionError):
        return {}
    return dict(record)


def _service(host: Host, name: str) -> dict[str, Any]:
    places = host.layout.service(name)
    state = ServiceState.read(places.state, name)
    units = host.units.states(*(unit(colour) for colour in COLOURS for unit in (places.web, places.fleet)))
    colours = {}
    for colour, running in sorted(state.colours.items()):
        web, fleet = units[places.web(colour)], units[places.fleet(colour)]
        colours[colour] = {
            "version": running.version,
            "web": web.active,
            "fleet": fleet.active,
            "main_pid": web.main_pid,
            "restarts": web.restarts + fleet.restarts,
            "draining": places.draining(colour).exists(),
        }
    return {
        "name": name,
        "state": _word(state, colours, fleet="active" if places.has_fleet else "inactive"),
        "active": state.active or None,
        "version": state.running.version if state.running else None,
        "releases": colours,
        "weights": state.weights,
        "programs": _programs(host, name, state.active) if state.active else {},
        "warm_until": state.warm_until or None,
        "quarantined": state.quarantined,
        "unfinished": state.unfinished.current if state.unfinished else None,
    }


def _word(state: ServiceState, colours: dict[str, Any], *, fleet: str) -> str:
    if state.unfinished:
        return "changing"
    if not state.active:
        return "retired" if state.history and state.history[-1]["kind"] == "retire" else "stopped"
    serving = colours[state.active]
    whole = serving["web"] == "active" and serving["fleet"] == fleet
    return "live" if whole else "failing"


def _programs(host: Host, name: str, colour: str) -> dict[str, str]:
    control = host.layout.root / f"run/longhouse-{name}-fleet-{colour}/control.sock"
    if not control.exists():
        return {"supervisord": "STOPPED"} if host.layout.service(name).has_fleet else {}
    try:
        return {program.name: program.state for program in Supervisor(control).programs()}
    except OSError as error:
        return {"supervisord": f"no answer: {error}"}


def table(status: dict[str, Any]) -> str:
    """One line per service, then one per program that does not run."""
    lines = [f"{'SERVICE':<20} {'STATE':<9} {'COLOUR':<7} {'VERSION':<28} {'PID':>8} RESTARTS"]
    for service in status["services"]:
        serving = service["releases"].get(service["active"] or "", {})
        lines.append(
            f"{service['name']:<20} {service['state']:<9} {service['active'] or '-':<7} "
            f"{service['version'] or '-':<28} {serving.get('main_pid', 0):>8} {serving.get('restarts', 0)}"
        )
        lines += [f"  {name}: {state}" for name, state in service["programs"].items() if state != "RUNNING"]
    if status["events_problem"]:
        lines.append(f"queues and outboxes: {status['events_problem']}")
    drills = {what: status[f"last_{what}_drill"] for what in DRILLS}
    lines += _proofs(status["last_backup"], drills)
    return "\n".join(lines)


def newest_backups(backups: dict[str, Any] | None) -> dict[str, float]:
    """When the newest good backup of each repository was taken; 0 for one without any."""
    newest: dict[str, float] = {}
    for name, backup in sorted((backups or {}).items()):
        repository = name.partition("/")[0]
        newest[repository] = max(newest.get(repository, 0.0), backup["succeeded"] or 0.0)
    return newest


def _proofs(backups: dict[str, Any] | None, drills: dict[str, dict[str, Any] | None]) -> list[str]:
    """The newest backup of each repository, and whether the last restores proved them."""
    lines = [f"last backup in repository {name}: {_moment(at)}" for name, at in newest_backups(backups).items()]
    for what, drill in drills.items():
        if drill is None:
            continue
        figures = f"{drill['rpo_seconds']} s of data at risk, back in {drill['rto_seconds']} s"
        outcome = figures if drill["verdict"] == "proven" else drill["reason"]
        lines.append(f"last {what} drill: {drill['verdict']} {_moment(drill['ended'])}, {outcome}")
    return lines


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC") if at else "never"
