"""Releases that start well and serve badly go back by themselves, under the requests that show it."""

from __future__ import annotations

import json

import pytest

from tests.releases.clients import Clients
from tests.releases.conftest import EchoHost

CANARY = "--canary 5,50 --soak 10"


def events(host: EchoHost, version: str) -> list[str]:
    found = map(json.loads, host.run("tail -n 80 /var/lib/longhouse/releases.jsonl").stdout.splitlines())
    return [f"{event['step']} {event['outcome']}" for event in found if event.get("version") == version]


@pytest.mark.parametrize(
    ("fault", "complaint", "way"),
    [
        ("errors", "answers are 5xx", CANARY),
        ("slow", "p95 is", CANARY),
        ("errors", "answers are 5xx", "--watch 30"),
    ],
    ids=["errors in a canary", "slow in a canary", "errors after the switch"],
)
def test_a_release_that_serves_badly_goes_back(
    host: EchoHost, clients: Clients, fault: str, complaint: str, way: str
) -> None:
    before, bad = host.status(), f"bad-{fault}-{'canary' if way == CANARY else 'watch'}"
    host.configure(ECHO_FAULT=fault)
    with clients:
        result = host.deploy(bad, way, ok=False)
        back = sum(clients.answers.values())
        seen = clients.failed(bad)
    (service,) = result["services"]
    assert result["failed"] == ["echo"]
    assert complaint in service["failure"]["reason"]
    assert service["failure"]["log"]
    assert service["failure"]["answer"].startswith("200")
    after = host.status()
    assert (after["version"], after["weights"], after["unfinished"]) == (
        before["version"],
        {before["active"]: 20},
        None,
    )
    assert complaint in after["quarantined"][bad]
    assert clients.failures == []
    assert clients.failed(bad) == seen, "it still answered after it was taken back"
    assert sum(clients.answers.values()) > back
    if way == CANARY:
        assert clients.failed(bad) < 0.01 * clients.requests
        assert "switch done" not in events(host, bad)


def test_a_good_canary_takes_over_without_a_failed_request(host: EchoHost, clients: Clients) -> None:
    with clients:
        assert host.deploy("good-canary", "--canary 25,50 --soak 4")["failed"] == []
    assert clients.failures == []
    assert {status for _, status in clients.answers} == {200}
    assert host.status()["version"] == "good-canary"
    assert host.status()["weights"] == {host.status()["active"]: 20}


def test_an_operator_promotes_or_aborts(host: EchoHost, clients: Clients) -> None:
    before = host.status()["version"]
    with clients:
        for version, wish, serves in (("aborted", "abort", before), ("promoted", "promote", "promoted")):
            canary = host.begin(version, "--canary 10 --soak 600")
            host.await_share(2)
            assert json.loads(host.run(f"lhctl {wish} echo --json").stdout)["failed"] == []
            assert host.status()["version"] == serves
            assert (canary.wait() == 0) == (wish == "promote")
    assert clients.failures == []
    assert {status for _, status in clients.answers} == {200}


def test_a_canary_whose_run_is_killed_keeps_its_share_until_somebody_decides(host: EchoHost, clients: Clients) -> None:
    with clients:
        canary = host.begin("orphan", "--canary 10 --soak 600")
        host.await_share(2)
        host.run("systemctl kill --signal=KILL 'lhctl-deploy-*'")
        assert canary.wait() != 0
        assert sorted(host.status()["weights"].values()) == [2, 18]
        assert json.loads(host.run("lhctl promote echo --json").stdout)["failed"] == []
    assert host.status()["version"] == "orphan"
    assert clients.failures == []
    assert {status for _, status in clients.answers} == {200}
