"""The people of the suite, the ledger of all cases, and what must hold when everything is over."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Callable, Iterator
from functools import partial

import httpx2
import pytest

from tests.e2e.client import Client, patiently
from tests.e2e.conftest import admin, anybody, customer, new_client, sandbox, stranger
from tests.e2e.sandbox import ROOT, Sandbox
from tests.hostile.aftermath import Aftermath
from tests.hostile.ledger import Ledger

__all__ = ["admin", "anybody", "customer", "new_client", "sandbox", "stranger"]

LEDGER = pytest.StashKey[Ledger]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEDGER] = Ledger()


@pytest.fixture(scope="session")
def ledger(request: pytest.FixtureRequest) -> Ledger:
    return request.config.stash[LEDGER]


@pytest.fixture(scope="session", autouse=True)
def aftermath(sandbox: Sandbox) -> Iterator[None]:
    """Whatever was sent: no process of ours died or complained, and services saw what the edge passed on."""
    watch = Aftermath.begin(sandbox)
    yield
    watch.nothing_died()
    watch.nothing_failed()
    watch.nothing_is_in_hand()
    watch.services_saw_what_the_edge_passed_on()


@pytest.fixture(scope="session")
def outpost(sandbox: Sandbox) -> Iterator[list[str]]:
    """How to run a command on another host of the same network."""
    longhouse, name = str(ROOT / "longhouse"), f"{sandbox.name}-outpost"
    booted = subprocess.check_output([longhouse, "boot", "--host", name, "--json"])
    yield json.loads(booted)["ssh"]
    subprocess.run([longhouse, "down", "--host", name], check=True)


@pytest.fixture
def attack(ledger: Ledger, request: pytest.FixtureRequest) -> Callable[..., httpx2.Response]:
    """``attack(client, method, path, …)``: one hostile request, its answer judged and returned.

    ``sent`` may come back in the answer. What is too much for this second, the edge's own limit on a fast machine, is
    asked again; with ``patient`` also what a service wants asked later.
    """
    kind = request.path.stem.removeprefix("test_").replace("_", " ")

    def send(
        client: Client, method: str, path: str, *, sent: str = "", patient: bool = False, **options: object
    ) -> httpx2.Response:
        ask = partial(client.call, method, path, **options)
        response = patiently(ask, longest=math.inf if patient else 1)
        head = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        ledger.judge(kind, response.status_code, head, response.text, sent=sent)
        return response

    return send


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    ledger = config.stash[LEDGER]
    for kind, count in sorted(ledger.cases.items()):
        terminalreporter.write_line(f"{count:6} {kind}")
    terminalreporter.write_line(f"{ledger.cases.total():6} hostile cases in all")
    for line in ledger.figures:
        terminalreporter.write_line(line)
