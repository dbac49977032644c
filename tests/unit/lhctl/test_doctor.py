"""What the doctor says, from what is seen; a host that is well is not complained about."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from typing import Any

import pytest

from lhctl import command, doctor
from lhctl.evidence import STORES, Evidence
from tests.unit.plugins import ROOT

HOUR = 3600.0


def service(name: str = "order", **changes: Any) -> dict[str, Any]:
    return {
        "name": name, "state": "live", "active": "blue", "version": "1", "releases": {}, "weights": {},
        "programs": {"relay": "RUNNING"}, "warm_until": None, "quarantined": {}, "unfinished": None,
        "outbox": {"waiting": 0, "oldest_seconds": None, "failing": 0, "dead": 0}, "queues": {},
    } | changes  # fmt: skip


def evidence(*services: dict[str, Any], **changes: Any) -> Evidence:
    status = {
        "services": list(services or [service()]), "events_problem": None,
        "last_backup": {"1/full": {"succeeded": 1000.0}}, "last_restore_drill": None,
        "last_snapshot_drill": None,
    }  # fmt: skip
    well = Evidence(
        status=status | changes.pop("status", {}), now=1000.0 + HOUR, stores=dict.fromkeys(STORES, "active"),
        space={"/": 0.5}, memory_free=0.5, health={"order": ""},
        alerts=[{"labels": {"alertname": "Watchdog"}, "annotations": {}}],
    )  # fmt: skip
    return replace(well, **changes)


def said(found: Evidence) -> list[str]:
    return [complaint.what for complaint in doctor.diagnose(found)]


def test_who_is_well_is_sent_home() -> None:
    assert doctor.diagnose(evidence()) == []
    assert doctor.as_text([]) == "Nothing is wrong that can be seen from here."


def test_a_cause_comes_before_what_follows_from_it() -> None:
    stores = dict.fromkeys(STORES, "active") | {"postgresql@17-main.service": "failed"}
    found = doctor.diagnose(
        evidence(space={"/": 0.01}, stores=stores, health={"order": "not ready: database"}, failed=tuple(STORES)[:1])
    )
    assert [complaint.what.split()[0] for complaint in found] == ["/", "PostgreSQL", "service"]
    assert found[1].why == "probably because / is full"
    assert found[2].why == "probably because PostgreSQL does not run"


OVERDUE = {"waiting": 3, "oldest_seconds": 90.0, "failing": 0, "dead": 0}
ALERT = {"labels": {"alertname": "SlowResponses", "severity": "ticket"},
         "annotations": {"summary": "slow", "runbook_url": "docs/operations/errors.md#slowresponses"}}  # fmt: skip


@pytest.mark.parametrize(("found", "what", "ask"), [
    (evidence(memory_free=0.01), "only 1% of the memory is left", "ps -eo"),
    (evidence(space={"/var": 0.03}), "/var is almost full: 3% left", "du -xh --max-depth=2 /var"),
    (evidence(service(state="failing")), "service order: is failing", "journalctl -u longhouse-order@blue.service"),
    (evidence(service(active=None, state="stopped")), "service order: is stopped", "lhctl deploy order"),
    (evidence(health={"order": "500 oh"}), "service order: 500 oh", "journalctl -u longhouse-order@blue.service"),
    (evidence(service(programs={"relay": "FATAL"})), "relay of order's fleet is FATAL", "longhouse-order-fleet@blue"),
    (evidence(service(outbox=OVERDUE)), "an event of order has waited 90 s for the broker", "--grep relay"),
    (evidence(service(queues={"order.events.dead": {"ready": 2}})), "2 messages nobody could apply", "dead-letters"),
    (evidence(service(unfinished="green")), "a release of order did not end", "lhctl converge --only order"),
    (evidence(service(quarantined={"2": "errors"})), "1 release(s) of order are in quarantine", "lhctl plan order"),
    (evidence(status={"last_backup": None}), "there is no backup yet", "systemctl list-timers 'longhouse-*'"),
    (evidence(now=1000 + 40 * HOUR), "the last good backup is 40 hours old", "systemctl list-timers 'longhouse-*'"),
    (evidence(status={"last_restore_drill": {"verdict": "failed", "reason": "damaged"}}),
     "the last restore drill failed", "longhouse-restore-drill"),
    (evidence(status={"last_snapshot_drill": {"verdict": "failed", "reason": "damaged"}}),
     "the last snapshot drill failed", "longhouse-snapshot-proof"),
    (evidence(status={"last_backup": {"1/full": {"succeeded": None}, "1/incr": {"succeeded": None}}}),
     "there is no backup yet in repository 1", "list-timers"),
    (evidence(stores={"prometheus.service": "failed"}), "Prometheus does not run", "journalctl -u prometheus.service"),
    (evidence(failed=("cron.service",)), "cron.service has failed", "journalctl -u cron.service"),
    (evidence(alerts=[ALERT]), "alert SlowResponses: slow", "amtool"),
    (evidence(alerts=None), "Alertmanager does not answer", "prometheus-alertmanager"),
    (evidence(status={"events_problem": "not root"}), "queues and outboxes cannot be seen", "lhctl"),
], ids=lambda value: value if isinstance(value, str) else "")  # fmt: skip
def test_each_trouble_has_words_and_a_command(found: Evidence, what: str, ask: str) -> None:
    (complaint,) = doctor.diagnose(found)
    assert complaint.what.startswith(what)
    assert ask in complaint.ask
    text = doctor.as_text([complaint])
    assert what in text
    assert f"next: {complaint.ask}" in text


def test_a_fresh_backup_elsewhere_hides_no_old_one() -> None:
    backups = {"1/full": 1000.0, "1/incr": 1000 + 39 * HOUR, "2/full": 1000.0, "files/snapshot": 1000 + 40 * HOUR}
    record = {name: {"succeeded": at} for name, at in backups.items()}
    (complaint,) = doctor.diagnose(evidence(now=1000 + 40 * HOUR, status={"last_backup": record}))
    assert complaint.what == "the last good backup is 40 hours old in repository 2"


FAILED = {"verdict": "failed", "reason": "x"}
TROUBLED = evidence(
    service(state="failing", programs={"a": "FATAL"}, outbox=OVERDUE, unfinished="green", quarantined={"2": "x"},
            queues={"order.x.dead": {"ready": 1}}),
    service("gone", state="stopped", active=None),
    stores=dict.fromkeys(STORES, "failed"), failed=("cron.service",), space={"/": 0.01}, memory_free=0.01,
    now=1000 + 40 * HOUR, alerts=[ALERT], status={"last_restore_drill": FAILED, "last_snapshot_drill": FAILED},
)  # fmt: skip
# What Debian brings; lhctl is asked itself.
TOOLS = {"amtool", "du", "head", "journalctl", "ps", "sort", "systemctl", "tail"}


def test_every_page_it_sends_people_to_is_there() -> None:
    pages = {complaint.manual.partition("#")[0] for complaint in doctor.diagnose(TROUBLED)}
    assert len(pages) >= 6
    assert [page for page in pages if not (ROOT / "docs" / "operations" / page).is_file()] == []


def test_whoever_watches_is_looked_up_where_watching_is_described() -> None:
    (complaint,) = doctor.diagnose(evidence(stores={"prometheus-alertmanager.service": "failed"}))
    assert complaint.manual == "watching.md"


def test_every_command_it_tells_people_to_type_is_there() -> None:
    seen = [TROUBLED, evidence(status={"last_backup": None, "events_problem": "not root"}), evidence(alerts=None)]
    asked = [complaint.ask for found in seen for complaint in doctor.diagnose(found)]
    commands = [shlex.split(part.strip().removeprefix("sudo ")) for ask in asked for part in re.split("[;|]", ask)]
    own = [words for words in commands if words[0] not in TOOLS]
    assert len(own) >= 6
    for words in own:
        assert words[0] == "lhctl"
        command.build_parser().parse_args(words[1:])


def test_what_concerns_nobody_now_is_not_urgent() -> None:
    found = doctor.diagnose(evidence(status={"last_backup": None}))
    assert doctor.as_data(found) | {"complaints": []} == {"well": False, "urgent": False, "complaints": []}
    assert "(nobody is affected now)" in doctor.as_text(found)
