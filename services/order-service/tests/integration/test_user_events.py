"""What order-consumer does with the events of user-service."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from pydantic import BaseModel, ValidationError

from chassis.messaging.envelope import Event
from contracts.user_events import USER_DELETED, USER_UPDATED, UserDeletedV1, UserUpdatedV1
from orders.customers.user_events import user_event_handlers


@pytest.fixture
def dropped() -> list[UUID]:
    return []


@pytest.fixture
def apply(migrated_database: str, dropped: list[UUID]) -> Any:
    """Apply an event as the consumer does: in a transaction, then what shall follow the commit."""
    handlers = user_event_handlers(dropped.append)

    def run(type_: str, data: BaseModel) -> None:
        event = Event.of(type_, data, service="user", subject="x", now=datetime.now(UTC))
        with psycopg.connect(migrated_database.replace("+psycopg", "")) as connection:
            hooks = list(handlers[type_](connection, event) or ())
        for hook in hooks:
            hook()

    return run


def updated(customer: UUID, name: str, *, version: int) -> UserUpdatedV1:
    return UserUpdatedV1(
        user_id=customer, email=f"{name.lower()}@example.com", name=name, role="user", enabled=True, version=version
    )


def snapshot(rows: Any, order: str) -> tuple[str | None, str]:
    ((email, name),) = rows("SELECT customer_email, customer_name FROM orders WHERE id = %s", order)
    return email, name


async def test_a_new_name_reaches_unfinished_orders_only(
    placed: Any, person: Any, rows: Any, apply: Any, dropped: list[UUID]
) -> None:
    ada, open_order = await placed()
    done = (await ada.place()).json()["id"]
    await ada.call("DELETE", f"/api/orders/{done}")
    apply(USER_UPDATED, updated(ada.id, "Grace", version=2))
    assert snapshot(rows, open_order) == ("grace@example.com", "Grace")
    assert snapshot(rows, done) == ("ada@example.com", "Ada")
    assert dropped == [ada.id]
    await person("admin").move(open_order, "paid")
    ((told,),) = rows("SELECT payload FROM outbox WHERE aggregate_id = %s ORDER BY seq DESC LIMIT 1", open_order)
    assert told["data"]["customer"]["email"] == "grace@example.com"


async def test_a_stale_update_changes_nothing(placed: Any, rows: Any, apply: Any) -> None:
    ada, order = await placed()
    apply(USER_UPDATED, updated(ada.id, "New", version=5))
    apply(USER_UPDATED, updated(ada.id, "Old", version=4))
    assert snapshot(rows, order)[1] == "New"


async def test_who_is_deleted_is_forgotten_for_good(
    placed: Any, person: Any, rows: Any, apply: Any, dropped: list[UUID]
) -> None:
    ada, open_order = await placed()
    done = (await ada.place()).json()["id"]
    await ada.call("DELETE", f"/api/orders/{done}")
    apply(USER_DELETED, UserDeletedV1(user_id=ada.id))
    for order in (open_order, done):
        assert snapshot(rows, order) == (None, "deleted customer")
    assert rows("SELECT count(*) FROM idempotency WHERE owner = %s", ada.id) == [(0,)]
    assert dropped == [ada.id]
    apply(USER_UPDATED, updated(ada.id, "Ghost", version=9))
    assert snapshot(rows, open_order) == (None, "deleted customer")
    # The order itself goes on, and its events name nobody.
    assert (await person("admin").move(open_order, "paid")).status_code == 200
    ((told,),) = rows("SELECT payload FROM outbox WHERE aggregate_id = %s ORDER BY seq DESC LIMIT 1", open_order)
    assert told["data"]["customer"] == {"id": str(ada.id), "email": None, "name": "deleted customer"}


async def test_other_peoples_orders_stay_as_they_are(placed: Any, rows: Any, apply: Any) -> None:
    (ada, _), (_, his) = await placed(), await placed()
    apply(USER_DELETED, UserDeletedV1(user_id=ada.id))
    assert snapshot(rows, his) == ("ada@example.com", "Ada")


def test_an_event_that_breaks_its_contract_is_refused(apply: Any) -> None:
    with pytest.raises(ValidationError):
        apply(USER_UPDATED, UserDeletedV1(user_id=UUID(int=1)))
