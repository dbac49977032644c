"""The host is gone: a plain one becomes what it was, from the store and the inventory alone."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.backups.ground import Ground
from tests.e2e.client import PASSWORD, Client
from tests.e2e.waiting import eventually

ORDERS = 5
FLEET = "longhouse-notification-fleet@*"


def placed(client: Client) -> list[str]:
    """Ids of orders that were acknowledged."""
    answers = [client.order() for _ in range(ORDERS)]
    assert {answer.status_code for answer in answers} == {201}, answers[0].text
    return [str(answer.json()["id"]) for answer in answers]


def mailed(ground: Ground, client: Client, orders: list[str]) -> dict[str, int]:
    """How many emails each order caused on the host that is there now."""
    texts = [
        mail.as_string() for mail in ground.sandbox.emails(client.email) if "order" in str(mail["Subject"]).lower()
    ]
    return {order: sum(order in text for text in texts) for order in orders}


def test_a_lost_host_comes_back_with_every_acknowledged_order(ground: Ground, new_client: Callable[[], Client]) -> None:
    customer = new_client()
    customer.register()
    ground.run("systemctl start longhouse-backup@full longhouse-snapshot")
    told = placed(customer)
    eventually(
        lambda: set(mailed(ground, customer, told).values()) == {1}, within=60, what="emails of the first orders"
    )
    # Orders whose events the broker has and nobody has applied: only the broker knows that they wait.
    ground.run(f"systemctl stop '{FLEET}'")
    untold = placed(customer)
    eventually(
        lambda: ground.sql("longhouse_order", "SELECT count(*) FROM outbox") == "0", within=60, what="empty outbox"
    )
    acknowledged = time.time()
    ground.await_archived()
    archived = time.time()

    ground.lose_and_replace()
    lost = time.time()
    ground.trust_the_store()
    run = ground.play("playbooks/disaster.yml")
    back = time.time()

    client = new_client()
    client.user = customer.user
    assert client.log_in(customer.email, PASSWORD).status_code == 200
    for order in [*told, *untold]:
        assert client.get(f"/api/orders/{order}").status_code == 200
    eventually(lambda: set(mailed(ground, client, untold).values()) == {1}, within=90, what="one email for each order")
    served = time.time()
    # Those that were mailed before are not mailed again; mail that comes twice would have come by now.
    assert set(mailed(ground, client, told).values()) == {0}
    assert set(mailed(ground, client, untold).values()) == {1}
    # The replaced host takes backups of its own into the same store.
    ground.run("systemctl start longhouse-backup@incr longhouse-snapshot longhouse-restore-drill")
    print(f"RPO: the last order was in the store {archived - acknowledged:.0f} s after its answer")
    print(f"RTO: {back - lost:.0f} s from a plain host to a serving one, {served - lost:.0f} s to the last email")
    print("\n".join(line for line in run.output.splitlines() if "data_until" in line or "adopted" in line))
