"""What role prometheus promises: rules in force, every target answering, alerts on their way, all on loopback."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

AMTOOL = "amtool --alertmanager.url=http://127.0.0.1:9093 alert"
UNITS = {"prometheus": 9090, "prometheus-alertmanager": 9093}
ASK = "python3 -c 'import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=10).read().decode())' "


def api(host: Any, path: str) -> Any:
    return json.loads(host.check_output(f"{ASK}'http://127.0.0.1:9090/api/v1/{path}'"))["data"]


@pytest.mark.parametrize("unit", UNITS)
def test_it_runs_and_listens_on_loopback_only(host: Any, unit: str) -> None:
    assert host.service(unit).is_enabled
    assert host.service(unit).is_running
    pid = host.check_output(f"systemctl show -P MainPID {unit}")
    listening = [line.split()[3] for line in host.check_output("ss -Hltnp").splitlines() if f"pid={pid}," in line]
    assert listening == [f"127.0.0.1:{UNITS[unit]}"]
    assert host.check_output(f"systemctl show -P Slice {unit}") == "longhouse-observability.slice"


def test_its_files_are_sound_where_they_are(host: Any) -> None:
    host.check_output("promtool check config /etc/prometheus/longhouse/prometheus.yml")
    host.check_output("amtool check-config /etc/prometheus/longhouse-alertmanager/alertmanager.yml")


def test_every_alert_that_is_written_is_in_force(host: Any) -> None:
    written = host.check_output("grep -hc 'alert:' /etc/prometheus/longhouse/rules-*.yml | paste -sd+")
    rules = [rule for group in api(host, "rules?type=alert")["groups"] for rule in group["rules"]]
    assert len(rules) == sum(int(count) for count in written.split("+"))
    assert {rule["health"] for rule in rules} <= {"ok", "unknown"}


def test_every_target_answers_but_those_of_a_colour_that_rests(host: Any) -> None:
    targets = api(host, "targets?state=active")["activeTargets"]
    assert targets
    down = [target for target in targets if target["health"] == "down"]
    assert {target["scrapePool"] for target in down} <= {"services"}
    serving = {target["labels"]["service"] for target in targets if target["scrapePool"] == "services"}
    resting = {target["labels"]["service"] for target in down}
    up = {t["labels"]["service"] for t in targets if t["scrapePool"] == "services" and t["health"] == "up"}
    assert resting <= serving
    assert up == serving


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ("alertname=ServiceDown severity=page service=order", "people"),
        ("alertname=QueueBacklog severity=ticket", "people"),
        ("alertname=RebootNeeded severity=info", "nobody"),
        ("alertname=Watchdog severity=info", "dead-man"),
    ],
)
def test_an_alert_reaches_whom_it_concerns(host: Any, labels: str, receiver: str) -> None:
    file = "/etc/prometheus/longhouse-alertmanager/alertmanager.yml"
    assert host.check_output(f"amtool config routes test --config.file={file} {labels}") == receiver


def test_the_watchdog_is_heard(host: Any) -> None:
    heard = host.check_output("amtool --alertmanager.url http://127.0.0.1:9093 alert query --output json Watchdog")
    assert [alert["labels"]["alertname"] for alert in json.loads(heard)] == ["Watchdog"]


@pytest.fixture
def trial(host: Any) -> Iterator[str]:
    """Name of a unit that is to fail; nothing is left of it, nor of its alert."""
    name = f"trial-{time.time_ns()}.service"
    yield name
    host.run(f"systemctl stop {name}; systemctl reset-failed {name}")
    # Over at once: nobody else need hear of it.
    ended = "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
    host.check_output(f"{AMTOOL} add UnitFailed name={name} severity=ticket owner=platform --end={ended}")


def test_a_failure_while_alertmanager_is_down_is_told_when_it_is_back(host: Any, trial: str) -> None:
    telling = f"longhouse-alert@{trial}.service"
    host.check_output("systemctl stop prometheus-alertmanager")
    try:
        assert host.run(f"systemd-run --quiet --wait --unit={trial} /bin/false").rc != 0
        again = f"systemctl show -P SubState {telling} | grep -q auto-restart"
        host.check_output(f"timeout 30 sh -c 'until {again}; do sleep 0.2; done'")
    finally:
        host.check_output("systemctl start prometheus-alertmanager")
    host.check_output(f"timeout 90 sh -c 'until {AMTOOL} query name={trial} | grep -q {trial}; do sleep 1; done'")


def test_a_unit_that_comes_back_by_itself_is_told_to_nobody(host: Any, trial: str) -> None:
    first = f"mkdir /run/{trial} 2>/dev/null && exit 1; exec sleep infinity"
    start = f"systemd-run --quiet --unit={trial} --property=Restart=on-failure --property=RestartSec=2"
    host.check_output(f"{start} sh -c '{first}'")
    back = f"systemctl show -P NRestarts,SubState {trial} | tr '\\n' ' ' | grep -qx '1 running '"
    asked = f"[ $(systemctl show -P InactiveEnterTimestampMonotonic longhouse-alert@{trial}.service) -gt 0 ]"
    for seen in (back, asked):
        host.check_output(f'timeout 30 sh -c "until {seen}; do sleep 0.2; done"')
    host.check_output(f"rmdir /run/{trial}")
    assert trial not in host.check_output(f"{AMTOOL} query name={trial}")
