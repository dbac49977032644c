"""What was lost on the way comes back, once, and what only takes long is left alone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg

from notifications.delivery import ledger
from notifications.delivery.ledger import LEASE, Result
from notifications.delivery.retry_policy import RetryPolicy
from notifications.delivery.sweeper import LATE, sweep
from notifications.notifications.status import AttemptOutcome, DeliveryStatus
from notifications.testing.desk import Desk

Connect = Callable[[], psycopg.Connection[Any]]
POLICY = RetryPolicy(most_refusals=2)
SENT = Result(AttemptOutcome.SENT, DeliveryStatus.SENT, "taken")


def test_a_delivery_whose_worker_died_is_due_again_after_its_lease(desk: Desk, connect: Connect) -> None:
    delivery = desk.add()
    worker = connect()
    assert ledger.claim(worker, delivery) is not None
    worker.close()  # what the kernel does for a killed process
    assert sweep(connect(), POLICY) == (0, 0), "the lease protects it"
    desk.let_pass(LEASE)
    assert sweep(connect(), POLICY) == (1, 0)
    row = desk.delivery(delivery)
    assert (row["status"], row["refusals"], row["enqueued_at"]) == ("pending", 1, None)
    assert desk.attempts(delivery)[0]["outcome"] == "abandoned"
    second = ledger.claim(connect(), delivery)
    assert second is None, "after a wait"
    desk.let_pass(timedelta(seconds=1))
    second = ledger.claim(connect(), delivery)
    assert second is not None
    assert second.number == 2


def test_a_worker_that_is_only_slow_keeps_its_delivery(desk: Desk, connect: Connect) -> None:
    delivery = desk.add()
    worker = connect()
    claimed = ledger.claim(worker, delivery)
    assert claimed is not None
    desk.let_pass(timedelta(minutes=2))
    assert sweep(connect(), POLICY) == (0, 0)
    assert ledger.finish(worker, claimed, SENT)
    assert desk.delivery(delivery)["status"] == "sent"


def test_an_attempt_that_comes_back_after_it_was_given_up_decides_nothing_but_stays_visible(
    desk: Desk, connect: Connect
) -> None:
    delivery = desk.add()
    worker = connect()
    claimed = ledger.claim(worker, delivery)
    assert claimed is not None
    ledger.release(worker, delivery)  # the database was restarted, say: the lock is gone, the worker is not
    desk.let_pass(LEASE)
    sweep(connect(), POLICY)
    assert not ledger.finish(worker, claimed, SENT)
    assert desk.delivery(delivery)["status"] == "pending"
    assert desk.attempts(delivery)[0]["outcome"] == "sent"


def test_a_message_that_kills_its_workers_is_given_up(desk: Desk, connect: Connect) -> None:
    delivery = desk.add()
    for _ in range(POLICY.most_refusals):
        worker = connect()
        assert ledger.claim(worker, delivery) is not None
        worker.close()
        desk.let_pass(LEASE)
        sweep(connect(), POLICY)
        desk.let_pass(timedelta(seconds=5))
    row = desk.delivery(delivery)
    assert row["status"] == "dead"
    assert row["last_error"] == "the worker died; it may have been sent"


def test_a_reminder_that_never_became_an_attempt_is_put_again(desk: Desk, connect: Connect) -> None:
    lost, fresh = desk.add(), desk.add()
    desk.connection.execute("UPDATE delivery SET enqueued_at = now() - %s WHERE id = %s", (LATE, lost))
    desk.connection.execute("UPDATE delivery SET enqueued_at = now() WHERE id = %s", (fresh,))
    assert sweep(connect(), POLICY) == (0, 1)
    assert desk.delivery(lost)["enqueued_at"] is None
    assert desk.delivery(fresh)["enqueued_at"] is not None


def test_two_sweepers_at_once_take_a_delivery_back_once(desk: Desk, connect: Connect) -> None:
    delivery = desk.add()
    worker = connect()
    assert ledger.claim(worker, delivery) is not None
    worker.close()
    desk.let_pass(LEASE)
    first, second = connect(), connect()
    with first.transaction():
        assert sweep(first, POLICY) == (1, 0)
        assert sweep(second, POLICY) == (0, 0)
    assert desk.delivery(delivery)["refusals"] == 1
