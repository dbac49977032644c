"""Which calls are acts, and which of the journal's claims are believed."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lhctl import acts, audit
from lhctl.command import build_parser
from lhctl.errors import RefusedError

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "roles/base/files"))
import longhouse_audit


def parsed(line: str) -> tuple[argparse.Namespace, list[str]]:
    words = line.split()
    return build_parser().parse_args(words), words


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """What was put on record: action, thing and outcome."""
    found: list[tuple[str, str, str]] = []

    @contextmanager
    def record(action: str, thing: str, detail: str = "") -> Any:
        act = SimpleNamespace(outcome="")
        try:
            yield act
        finally:
            found.append((action, thing, act.outcome))

    monkeypatch.setattr(longhouse_audit, "recorded", record)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return found


CHANGING = [
    ("deploy order", "lhctl.deploy", "order"),
    ("rollback order --to 1", "lhctl.rollback", "order"),
    ("promote order", "lhctl.promote", "order"),
    ("abort order", "lhctl.abort", "order"),
    ("contract order", "lhctl.contract", "order"),
    ("cool order", "lhctl.cool", "order"),
    ("retire order user", "lhctl.retire", "order,user"),
    ("retire --all-but order user", "lhctl.retire", "all but order,user"),
    ("converge --only order", "lhctl.converge", "order"),
    ("converge -", "lhctl.converge", "what the play asked for"),
    ("restart order user", "lhctl.restart", "order,user"),
    ("upgrade --wait 1800", "lhctl.upgrade", "all"),
    ("hold order --seconds 5", "lhctl.hold", "order"),
    ("maintenance order on", "lhctl.maintenance", "order"),
    ("dead-letters redrive 1 2", "lhctl.dead-letters.redrive", "1,2"),
    ("dead-letters drop --queue order.events", "lhctl.dead-letters.drop", "order.events"),
    ("replay order --since 2026-01-01T00:00:00Z", "lhctl.replay", "order"),
]
HARMLESS = [
    "status", "doctor", "plan order", "converge --check", "maintenance", "maintenance order", "events", "audit",
    "dead-letters list", "dead-letters show 1", "replay order --dry-run", "links",
    "deploy order --foreground --result /x",
]  # fmt: skip


@pytest.mark.parametrize(("line", "action", "thing"), CHANGING)
def test_what_changes_something_is_on_record(recorded: Any, line: str, action: str, thing: str) -> None:
    options, words = parsed(line)
    assert audit.carry_out(lambda: 0, options, words) == 0
    assert recorded == [(action, thing, "done")]


@pytest.mark.parametrize("line", HARMLESS)
def test_what_only_looks_or_is_recorded_by_who_began_it_is_not(recorded: Any, line: str) -> None:
    options, words = parsed(line)
    assert audit.carry_out(lambda: 0, options, words) == 0
    assert recorded == []


def test_every_verb_is_one_or_the_other() -> None:
    """A new verb has to be thought about."""
    choices = next(iter(build_parser()._subparsers._group_actions)).choices  # type: ignore[union-attr]
    known = {verb.split()[0] for verb in audit.VERBS} | {line.split()[0] for line in HARMLESS}
    assert set(choices) == known | {"await-ready", "run-fleet"}  # type: ignore[arg-type]


@pytest.mark.parametrize(("status", "outcome"), [(0, "done"), (1, "failed"), (2, "refused")])
def test_it_says_how_it_ended(recorded: Any, status: int, outcome: str) -> None:
    assert audit.carry_out(lambda: status, *parsed("deploy order")) == status
    assert recorded[0][2] == outcome


def test_a_refusal_is_told_as_one(recorded: Any) -> None:
    def refuse() -> int:
        raise RefusedError("no")

    with pytest.raises(RefusedError):
        audit.carry_out(refuse, *parsed("deploy order"))
    assert recorded[0][2] == "refused"


def entry(**fields: Any) -> dict[str, Any]:
    return {"__REALTIME_TIMESTAMP": "1795255200000000", "ACTOR": "ada", "ACTION": "lhctl.deploy", "OBJECT": "order",
            "_UID": "0", "_PID": "7", "_SYSTEMD_UNIT": "session-1.scope"} | fields  # fmt: skip


def test_the_two_entries_of_an_act_are_one_and_a_cut_off_one_stays_begun() -> None:
    cut_off = entry(LONGHOUSE_ACT="b", OUTCOME="begun", _PID="8")
    found = list(acts.merged([
        entry(LONGHOUSE_ACT="a", OUTCOME="begun"), cut_off, entry(LONGHOUSE_ACT="a", OUTCOME="failed", _UID="105"),
    ]))  # fmt: skip
    assert [(act.outcome, act.believed) for act in found] == [("failed", True), ("begun", True)]


def test_nobody_else_ends_an_act() -> None:
    ended = entry(LONGHOUSE_ACT="a", OUTCOME="done", _PID="9", _UID="997", _SYSTEMD_UNIT="longhouse-order@blue.service")
    found = list(acts.merged([entry(LONGHOUSE_ACT="a", OUTCOME="begun"), ended]))
    assert [(act.outcome, act.believed) for act in found] == [("begun", True), ("done", False)]


@pytest.mark.parametrize(
    ("action", "unit", "uid", "believed"),
    [
        ("user.change", "longhouse-user@green.service", "998", True),
        ("user.create", "longhouse-user-setup@blue.service", "998", True),
        ("user.change", "longhouse-order@green.service", "997", False),
        ("lhctl.deploy", "longhouse-order@green.service", "997", False),
        ("lhctl.deploy", "longhouse-order-fleet@blue.service", "997", False),
        ("user.change", "longhouse-user@green.service.evil.service", "997", False),
        ("user.change", "", "1000", False),
        ("lhctl.deploy", "session-3.scope", "0", True),
        ("lhctl.deploy", "longhouse-order-migrate@blue.service", "0", True),
    ],
)
def test_only_the_unit_of_a_service_speaks_for_it(action: str, unit: str, uid: str, believed: bool) -> None:
    (act,) = acts.merged([entry(ACTION=action, _SYSTEMD_UNIT=unit, _UID=uid)])
    assert act.believed is believed
    assert ("NOT BELIEVED" in acts.as_text([act])) is not believed


def test_a_claim_that_is_no_text_is_shown_as_one() -> None:
    (act,) = acts.merged([entry(ACTOR=[1, 2, 3])])
    assert act.actor == "?"


def test_nothing_is_done_where_it_could_not_be_recorded(
    recorded: list[tuple[str, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "longhouse_audit", None)
    options, words = parsed("deploy order")
    with pytest.raises(RefusedError, match=r"run playbooks/host\.yml"):
        audit.carry_out(lambda: pytest.fail("it was done"), options, words)
    assert recorded == []
