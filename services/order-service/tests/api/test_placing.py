"""POST /api/orders: one order, one event, one record per key; nothing of it without the others."""

import asyncio
from typing import Any

import httpx2
import pytest

from orders.orders.errors import CustomerRefused, CustomerUnknown


def count(rows: Any, customer: Any) -> tuple[int, int, int]:
    """Orders, outbox rows and idempotency records of a customer."""
    (orders,) = rows("SELECT count(*) FROM orders WHERE customer_id = %s", customer)
    (events,) = rows("SELECT count(*) FROM outbox WHERE payload->'data'->'customer'->>'id' = %s", str(customer))
    (records,) = rows("SELECT count(*) FROM idempotency WHERE owner = %s", customer)
    return orders[0], events[0], records[0]


async def test_an_order_is_answered_as_promised(person: Any, rows: Any) -> None:
    somebody = person()
    answer = await somebody.place()
    order = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/api/orders/{order['id']}"
    assert answer.headers["etag"] == '"1"'
    assert set(order) == {"id", "customer_id", "status", "currency", "total", "items", "created_at", "updated_at"}
    assert order["customer_id"] == str(somebody.id)
    assert (order["status"], order["currency"], order["total"]) == ("pending", "EUR", 3 * 499 + 2500)
    assert order["created_at"].endswith("Z")
    assert [item["sku"] for item in order["items"]] == ["TEA-1", "POT-9"]
    assert order["id"][14] == "7"
    read = await somebody.call("GET", answer.headers["location"])
    assert read.json() == order
    assert count(rows, somebody.id) == (1, 1, 1)


async def test_the_event_tells_the_whole_order_and_the_request_that_caused_it(person: Any, rows: Any) -> None:
    somebody = person()
    answer = await somebody.place()
    ((event,),) = rows("SELECT payload FROM outbox WHERE aggregate_id = %s", answer.json()["id"])
    assert event["type"] == "order.placed.v1"
    assert event["source"] == "/longhouse/order"
    assert event["data"]["customer"] == {"id": str(somebody.id), "email": "ada@example.com", "name": "Ada"}
    assert event["data"]["total"] == 3997
    assert (event["data"]["version"], event["aggregateversion"]) == (1, 1)
    assert event["requestid"] == answer.headers["x-request-id"]
    assert event["traceparent"].split("-")[1] == answer.headers["traceparent"].split("-")[1]


async def test_the_same_key_and_body_give_the_same_answer_and_one_order(person: Any, rows: Any, customers: Any) -> None:
    somebody = person()
    first = await somebody.place(key="k-1")
    # Even when nobody could be asked any more.
    customers.trouble = CustomerUnknown()
    second = await somebody.place(key="k-1")
    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["location"] == first.headers["location"]
    assert second.headers["etag"] == first.headers["etag"]
    assert second.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert count(rows, somebody.id) == (1, 1, 1)


async def test_formatting_of_the_body_is_no_difference(client: httpx2.AsyncClient, person: Any) -> None:
    somebody = person()
    headers = {**somebody.headers, "Idempotency-Key": "k", "Content-Type": "application/json"}
    one = '{"currency":"EUR","items":[{"sku":"A","name":"a","quantity":1,"unit_price":5}]}'
    two = '{ "items": [{"unit_price": 5, "name": "a", "quantity": 1, "sku": "A"}], "currency": "EUR" }'
    answers = [await client.post("/api/orders", content=body, headers=headers) for body in (one, two)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content


async def test_the_same_key_with_another_body_is_refused(person: Any, rows: Any) -> None:
    somebody = person()
    await somebody.place(key="k-1")
    other = {"items": [{"sku": "X", "name": "x", "quantity": 1, "unit_price": 1}], "currency": "EUR"}
    answer = await somebody.place(other, key="k-1")
    assert answer.status_code == 422
    assert answer.json()["title"] == "Idempotency-Key reused"
    assert count(rows, somebody.id) == (1, 1, 1)


async def test_a_key_belongs_to_its_owner(person: Any) -> None:
    answers = [await person().place(key="shared") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] != answers[1].json()["id"]


async def test_the_same_request_many_times_at_once_places_one_order(person: Any, rows: Any) -> None:
    somebody = person()
    answers = await asyncio.gather(*(somebody.place(key="storm") for _ in range(20)))
    placed = [answer for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in placed}) == 1
    assert all(answer.headers["retry-after"] for answer in answers if answer.status_code == 409)
    assert count(rows, somebody.id) == (1, 1, 1)


async def test_an_expired_key_may_be_used_again(person: Any, rows: Any) -> None:
    somebody = person()
    await somebody.place(key="k")
    rows("UPDATE idempotency SET expires_at = now() WHERE owner = %s", somebody.id)
    assert (await somebody.place(key="k")).status_code == 201
    assert count(rows, somebody.id) == (2, 2, 1)


@pytest.mark.parametrize("key", ["", " ", "with space", "x" * 129, "grün"])
async def test_without_a_proper_key_nothing_is_ordered(
    key: str, client: httpx2.AsyncClient, person: Any, rows: Any
) -> None:
    somebody = person()
    headers = httpx2.Headers(somebody.headers)
    if key:
        headers = httpx2.Headers([*headers.raw, (b"Idempotency-Key", key.encode())])
    answer = await client.post("/api/orders", json={"items": [], "currency": "?"}, headers=headers)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert count(rows, somebody.id) == (0, 0, 0)


async def test_a_refused_customer_orders_nothing_and_the_key_stays_free(person: Any, customers: Any, rows: Any) -> None:
    somebody = person()
    customers.trouble = CustomerRefused("this account is gone or disabled")
    assert (await somebody.place(key="k")).status_code == 403
    customers.trouble = CustomerUnknown(retry_after=2)
    unknown = await somebody.place(key="k")
    assert (unknown.status_code, unknown.headers["retry-after"]) == (503, "2")
    assert count(rows, somebody.id) == (0, 0, 0)
    customers.trouble = None
    assert (await somebody.place(key="k")).status_code == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"items": []}, "items"),
        ({"currency": "eur"}, "currency"),
        ({"currency": "XXX"}, "currency"),
        ({"total": 1}, "total"),
        ({"items": [{"sku": "A", "name": "a", "quantity": 0, "unit_price": 1}]}, "items.0.quantity"),
        ({"items": [{"sku": "A", "name": "a", "quantity": 10_001, "unit_price": 1}]}, "items.0.quantity"),
        ({"items": [{"sku": "A", "name": "a", "quantity": 1.5, "unit_price": 1}]}, "items.0.quantity"),
        ({"items": [{"sku": "A", "name": "a", "quantity": True, "unit_price": 1}]}, "items.0.quantity"),
        ({"items": [{"sku": "A", "name": "a", "quantity": "1", "unit_price": 1}]}, "items.0.quantity"),
        ({"items": [{"sku": "A", "name": "a", "quantity": 1, "unit_price": 1e300}]}, "items.0.unit_price"),
        ({"items": [{"sku": "A", "name": "a", "quantity": 1, "unit_price": -1}]}, "items.0.unit_price"),
        ({"items": [{"sku": "A", "name": "a", "quantity": 1, "unit_price": 10**9 + 1}]}, "items.0.unit_price"),
        ({"items": [{"sku": "A", "name": "a", "quantity": 1, "unit_price": 10**30}]}, "items.0.unit_price"),
        ({"items": [{"sku": "A\x00", "name": "a", "quantity": 1, "unit_price": 1}]}, "items.0.sku"),
        ({"items": [{"sku": "A", "name": "a\nb", "quantity": 1, "unit_price": 1}]}, "items.0.name"),
        ({"items": [{"sku": "A", "name": " ", "quantity": 1, "unit_price": 1}]}, "items.0.name"),
        ({"items": [{"sku": "A", "name": "a", "quantity": 1, "unit_price": 1}] * 101}, "items"),
    ],
)
async def test_a_malformed_order_names_its_field(change: dict[str, Any], field: str, person: Any, rows: Any) -> None:
    somebody = person()
    body = {"items": [{"sku": "A", "name": "a", "quantity": 1, "unit_price": 1}], "currency": "EUR", **change}
    answer = await somebody.place(body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert count(rows, somebody.id) == (0, 0, 0)


async def test_a_lone_surrogate_is_refused(client: httpx2.AsyncClient, person: Any) -> None:
    headers = {**person().headers, "Idempotency-Key": "k", "Content-Type": "application/json"}
    body = '{"items":[{"sku":"A","name":"\\ud800","quantity":1,"unit_price":1}],"currency":"EUR"}'
    assert (await client.post("/api/orders", content=body, headers=headers)).status_code == 422


async def test_the_largest_order_is_exact(person: Any, rows: Any) -> None:
    somebody = person()
    item = {"sku": "A", "name": "a", "quantity": 10_000, "unit_price": 1_000_000_000}
    answer = await somebody.place({"items": [item] * 100, "currency": "JPY"})
    assert answer.json()["total"] == 10**15
    assert rows("SELECT total FROM orders WHERE customer_id = %s", somebody.id) == [(10**15,)]


async def test_a_commit_that_fails_is_no_201(person: Any, rows: Any) -> None:
    """A deferred constraint fails at COMMIT, after the route returned: the answer must not have left by then."""
    rows("""CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$""")
    rows(
        "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    somebody = person()
    try:
        assert (await somebody.place()).status_code == 500
    finally:
        rows("DROP TRIGGER refuse ON orders")
        rows("DROP FUNCTION refuse")
    assert count(rows, somebody.id) == (0, 0, 0)


async def test_strangers_cannot_order(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/api/orders", json={}, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 401
