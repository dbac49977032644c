"""A host of an earlier release becomes one of today under load: what clients were told stays true."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.convergence.site import SandboxHost, play
from tests.e2e.client import Client
from tests.e2e.sandbox import ROOT, Sandbox
from tests.e2e.traffic import Traffic
from tests.e2e.waiting import eventually
from tests.upgrade import earlier

NAME = os.environ.get("LONGHOUSE_HOST", "upgrade")


@dataclass(frozen=True)
class Before:
    """The revision that brought the host up, in the tree where it did."""

    revision: str
    tree: Path


@pytest.fixture
def before(tmp_path: Path) -> Iterator[Before]:
    """The host serves, and is taken down afterwards."""
    revision = earlier.revision()
    earlier.control(ROOT, "down", "--host", NAME)
    with earlier.tree(revision, tmp_path / "longhouse") as tree:
        try:
            earlier.control(tree, "up", "--host", NAME)
            yield Before(revision, tree)
        finally:
            earlier.control(ROOT, "down", "--host", NAME)


@pytest.fixture
def customer(before: Before) -> Iterator[Client]:
    """Somebody who was a customer before the upgrade."""
    sandbox = Sandbox.read(NAME)
    client = Client(sandbox.base_url, sandbox.ca_file)
    client.register()
    yield client
    client.http.close()


def orders_of(sandbox: Sandbox, customer: str) -> int:
    """How many the database holds."""
    query = "SELECT count(*) FROM orders WHERE customer_id = :'customer'"
    return int(sandbox.run(f'runuser -u postgres -- psql -At -v customer={customer} longhouse_order <<< "{query}"'))


def mails_about_orders(sandbox: Sandbox, recipient: str) -> int:
    """Different messages, by Message-ID, that tell the recipient of an order."""
    mine = f"grep -rlF -- {recipient} {sandbox.mail_dir}/new | xargs -r grep -lE '^Subject: .*[Oo]rder'"
    return int(sandbox.run(f"{mine} | xargs -r grep -hi '^Message-ID:' | sort -u | wc -l"))


def no_backup_runs(sandbox: Sandbox) -> bool:
    """Releases before the one that begins a cut off backup anew let it fail when the database restarts."""
    return not sandbox.run("systemctl list-units --no-legend --plain --state=activating 'longhouse-backup@*'").strip()


def test_a_host_of_an_earlier_release_is_upgraded_under_load(before: Before, customer: Client) -> None:
    sandbox, host = Sandbox.read(NAME), SandboxHost.read(NAME)
    earlier.bring_up_to_date(before.tree)
    eventually(lambda: no_backup_runs(sandbox), within=300, what="end of the first backups")
    with Traffic(sandbox, customer.tokens["access_token"]) as traffic:
        earlier.control(before.tree, "up", "--host", NAME)
    print(f"from {before.revision}: {dict(traffic.answers)}, {len(traffic.failures)} failures: {traffic.failures[:3]}")

    # Where a store's settings changed it was restarted, which clients may be told honestly, and nothing else.
    assert [failure for failure in traffic.failures if ": 503 " not in failure] == []
    placed = traffic.answers[201]
    assert placed > 100
    assert orders_of(sandbox, customer.user["id"]) == placed
    eventually(lambda: mails_about_orders(sandbox, customer.email) == placed, within=180, what="email for each order")

    # In the same tree: another one may bring signatures by keys of its own.
    again = play(host, tree=before.tree, variables=earlier.variables(before.tree))
    assert (again.status, again.changed) == (0, [])
