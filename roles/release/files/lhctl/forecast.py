"""`lhctl plan`: what a release would change and do, told before anything is touched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lhctl.artifact import Artifact
from lhctl.desired import Wanted
from lhctl.migrations import Migrations
from lhctl.plan import Plan, plan_service
from lhctl.ports import Host
from lhctl.settings import differences
from lhctl.state import Schema, ServiceState


def forecast(host: Host, wanted: Wanted) -> dict[str, Any]:
    """`{service, action, why, from, to, wheels, migrations, configuration, differences, steps, effect}`.

    Steps come in their order; differences are lines of a diff of settings, units and the edge's files.

    Raises StepFailedError when the artifact is not on this host or not what was asked for.
    """
    state = ServiceState.read(host.layout.service(wanted.name).state, wanted.name)
    plan = plan_service(host, wanted, state)
    running = state.running
    before = _manifest(host, wanted, running.version) if running else {}
    after = _manifest(host, wanted, wanted.version)
    steps = [step.name for step in plan.sequence.steps] if plan.sequence else []
    return {
        "service": wanted.name,
        "action": _action(plan),
        "why": plan.why or plan.held or ", ".join(plan.repairs),
        "from": {"version": running.version if running else None, "commit": before.get("commit")},
        "to": {"version": wanted.version, "commit": after.get("commit"), "dirty": after.get("dirty")},
        "wheels": _differences(before, after),
        "migrations": _migrations(Migrations.named(wanted.version, after), state.schema),
        "configuration": "changed" if running and running.configuration != plan.target.configuration else "unchanged",
        "differences": differences(host.layout.service(wanted.name), state.active) if running else [],
        "steps": _left_out(steps, wanted, plan),
        "effect": _effect(plan, state, wanted),
    }


def _action(plan: Plan) -> str:
    if plan.sequence is not None:
        return plan.sequence.kind
    return "held" if plan.held else "repair" if plan.repairs else "none"


def _manifest(host: Host, wanted: Wanted, version: str) -> Mapping[str, Any]:
    installed = host.layout.service(wanted.name).release(version) / "manifest.json"
    if installed.exists():
        return dict(json.loads(installed.read_text(encoding="utf-8")))
    if version != wanted.version or not wanted.artifact:
        return {}
    return Artifact.read(host.layout.artifacts / wanted.artifact, wanted.sha256, host.layout.trusted_key).manifest


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """`aiohttp 3.14.4 -> 3.14.5`; our own code, whose version stays, by its hash."""
    old, new = ({wheel["name"]: wheel for wheel in found.get("wheels", [])} for found in (before, after))
    return [
        f"{name} {_named(old.get(name))} -> {_named(new.get(name))}"
        for name in sorted({*old, *new})
        if old.get(name, {}).get("sha256") != new.get(name, {}).get("sha256")
    ]


def _named(wheel: Mapping[str, Any] | None) -> str:
    if wheel is None:
        return "-"
    return f"{wheel['version']} ({wheel['sha256'][:8]})" if wheel["own"] else str(wheel["version"])


def _migrations(release: Migrations, schema: Schema) -> dict[str, Any]:
    """What runs before the switch, what waits for a request, and why the schema cannot carry the release, if so."""
    if not release.told:
        return {}
    adds, waits = release.to_add(schema), release.to_take_away(schema)
    return {"adds": adds, "waits": waits, "objection": release.objection(schema)}


def _left_out(steps: list[str], wanted: Wanted, plan: Plan) -> list[str]:
    idle = {"migrate": not wanted.migrate, "setup": not wanted.setup, "watch": not wanted.watch_seconds}
    return [step for step in steps if not idle.get(step, False)] if plan.sequence else []


def _effect(plan: Plan, state: ServiceState, wanted: Wanted) -> str:
    if plan.held:
        return f"nothing: lhctl deploy {wanted.name} --force takes it anyway"
    if plan.sequence is None:
        return "no process is touched" if not plan.repairs else "mended around the processes that serve"
    if not state.active:
        return "its first release: nothing serves until it is ready"
    if plan.sequence.kind not in {"release", "canary"}:
        return "it stops serving"
    shares = f"{', '.join(map(str, wanted.canary))} % of the requests first, " if wanted.canary else ""
    return (
        f"{shares}requests move from {state.active} without a lost one; worse than before goes back by itself; "
        f"{state.active} stays warm for {wanted.keep_warm_seconds} s"
    )


def _schema_lines(migrations: Mapping[str, Any]) -> list[str]:
    said = {
        "adds": "before the switch: {}", "waits": "on request, lhctl contract: {}", "objection": "{}",
    }  # fmt: skip
    shown = {key: ", ".join(found) if isinstance(found, list) else found for key, found in migrations.items()}
    return [f"  schema         {said[key].format(text)}" for key, text in shown.items() if text]


def as_text(found: Mapping[str, Any]) -> str:
    """For a person."""
    lines = [
        f"{found['service']}: {found['action']}" + (f" ({found['why']})" if found["why"] else ""),
        f"  version        {found['from']['version'] or '-'} -> {found['to']['version']}",
        f"  commit         {found['from']['commit'] or '-'} -> {found['to']['commit'] or '-'}"
        + (" with uncommitted changes" if found["to"]["dirty"] else ""),
        f"  configuration  {found['configuration']}",
        *(f"  wheel          {line}" for line in found["wheels"]),
        *_schema_lines(found["migrations"]),
        *([f"  steps          {' '.join(found['steps'])}"] if found["steps"] else []),
        f"  effect         {found['effect']}",
        *(f"    {line}" for line in found["differences"]),
    ]
    return "\n".join(lines)
