"""Reading, moving on and cancelling orders."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from chassis.testing.sinks import RecordingSink


async def test_people_see_their_own_orders_and_admins_all(person: Any, placed: Any) -> None:
    (ada, hers), (bob, his) = await placed(), await placed()
    assert [order["id"] for order in (await ada.call("GET", "/api/orders")).json()["items"]] == [hers]
    assert (await ada.call("GET", f"/api/orders/{his}")).status_code == 404
    assert (await bob.call("DELETE", f"/api/orders/{hers}")).status_code == 404
    admin = person("admin")
    assert (await admin.call("GET", f"/api/orders/{his}")).status_code == 200
    newest = (await admin.call("GET", "/api/orders?limit=2")).json()["items"]
    assert [order["id"] for order in newest] == [his, hers]


async def test_lists_are_paged_newest_first_and_filtered(person: Any) -> None:
    ada, admin = person(), person("admin")
    ids = [(await ada.place()).json()["id"] for _ in range(5)]
    await admin.move(ids[1], "paid")
    seen, path = [], "/api/orders?limit=2"
    for _ in range(3):
        page = (await ada.call("GET", path)).json()
        seen += [order["id"] for order in page["items"]]
        path = f"/api/orders?limit=2&cursor={page['next_cursor']}"
    assert seen == ids[::-1]
    assert page["next_cursor"] is None
    paid = (await ada.call("GET", "/api/orders?status=paid")).json()["items"]
    assert [order["id"] for order in paid] == [ids[1]]
    assert (await ada.call("GET", "/api/orders?status=lost")).status_code == 422


async def test_an_order_goes_its_way_and_tells_every_step(person: Any, placed: Any, rows: Any) -> None:
    ada, order = await placed()
    admin = person("admin")
    for version, status in enumerate(["paid", "fulfilling", "shipped", "delivered"], start=2):
        answer = await admin.move(order, status)
        assert (answer.status_code, answer.json()["status"]) == (200, status)
        assert answer.headers["etag"] == f'"{version}"'
    told = rows(
        "SELECT type, (payload->>'aggregateversion')::int FROM outbox WHERE aggregate_id = %s ORDER BY seq", order
    )
    names = ["placed", "paid", "fulfilling", "shipped", "delivered"]
    assert told == [(f"order.{name}.v1", version) for version, name in enumerate(names, start=1)]
    assert (await ada.call("GET", f"/api/orders/{order}")).json()["status"] == "delivered"


async def test_an_illegal_move_names_the_legal_ones_and_changes_nothing(person: Any, placed: Any, rows: Any) -> None:
    _, order = await placed()
    answer = await person("admin").move(order, "shipped")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["legal"] == ["paid", "cancelled"]
    assert answer.json()["current"] == "pending"
    assert "paid, cancelled" in answer.json()["detail"]
    assert rows("SELECT count(*) FROM outbox WHERE aggregate_id = %s", order) == [(1,)]


async def test_a_repeated_move_changes_nothing_and_tells_nothing(person: Any, placed: Any, rows: Any) -> None:
    _, order = await placed()
    admin = person("admin")
    first, second = await admin.move(order, "paid"), await admin.move(order, "paid")
    assert (second.status_code, second.json()) == (200, first.json())
    assert rows("SELECT count(*) FROM outbox WHERE aggregate_id = %s", order) == [(2,)]


async def test_only_admins_move_orders(placed: Any) -> None:
    ada, order = await placed()
    assert (await ada.move(order, "paid")).status_code == 403


async def test_moving_what_does_not_exist(person: Any) -> None:
    assert (await person("admin").move(str(uuid4()), "paid")).status_code == 404
    assert (await person("admin").move("not-an-id", "paid")).status_code == 422


@pytest.mark.parametrize("path", [[], ["paid"], ["paid", "fulfilling"]])
async def test_an_order_can_be_cancelled_until_it_ships(path: list[str], person: Any, placed: Any, rows: Any) -> None:
    ada, order = await placed()
    for status in path:
        await person("admin").move(order, status)
    answer = await ada.call("DELETE", f"/api/orders/{order}")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    again = await ada.call("DELETE", f"/api/orders/{order}")
    assert (again.status_code, again.json()) == (200, answer.json())
    told = rows("SELECT type FROM outbox WHERE aggregate_id = %s ORDER BY seq DESC", order)
    assert [type_ for (type_,) in told].count("order.cancelled.v1") == 1


@pytest.mark.parametrize("last", ["shipped", "delivered"])
async def test_a_shipped_order_cannot_be_cancelled(last: str, person: Any, placed: Any) -> None:
    ada, order = await placed()
    for status in ["paid", "fulfilling", "shipped", "delivered"]:
        await person("admin").move(order, status)
        if status == last:
            break
    answer = await ada.call("DELETE", f"/api/orders/{order}")
    assert answer.status_code == 409
    assert "refunded" in answer.json()["legal"]


async def test_if_match_protects_against_overwriting_what_one_has_not_seen(person: Any, placed: Any) -> None:
    ada, order = await placed()
    admin = person("admin")
    assert (await admin.move(order, "paid", headers={"If-Match": '"7"'})).status_code == 412
    assert (await admin.move(order, "paid", headers={"If-Match": '"1"'})).status_code == 200
    assert (await ada.call("DELETE", f"/api/orders/{order}", headers={"If-Match": '"1"'})).status_code == 412
    assert (await ada.call("DELETE", f"/api/orders/{order}", headers={"If-Match": "*"})).status_code == 200


async def test_moves_at_the_same_time_happen_one_after_the_other(person: Any, placed: Any, rows: Any) -> None:
    ada, order = await placed()
    admin = person("admin")
    answers = await asyncio.gather(
        *(admin.move(order, "paid") for _ in range(4)), *(ada.call("DELETE", f"/api/orders/{order}") for _ in range(4))
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    told = rows(
        "SELECT type, (payload->>'aggregateversion')::int FROM outbox WHERE aggregate_id = %s ORDER BY seq", order
    )
    assert [version for _, version in told] == list(range(1, len(told) + 1))
    assert len({type_ for type_, _ in told}) == len(told)
    ((status, version),) = rows("SELECT status, version FROM orders WHERE id = %s", order)
    assert status == "cancelled"
    assert version == len(told)


async def test_every_answer_can_be_traced(person: Any) -> None:
    answer = await person().call("GET", f"/api/orders/{uuid4()}")
    assert answer.status_code == 404
    assert answer.headers["x-request-id"] == answer.json()["request_id"]
    assert answer.headers["traceparent"]


async def test_what_an_admin_does_to_an_order_is_on_record(person: Any, placed: Any, journal: RecordingSink) -> None:
    ada, order = await placed()
    admin = person("admin")
    await admin.move(order, "paid")
    await admin.move(order, "paid")
    await admin.move(order, "delivered")
    await admin.call("DELETE", f"/api/orders/{order}")
    acts = [(record["ACTION"], record["OBJECT"], record["DETAIL"]) for record in journal.acts]
    assert acts == [
        ("order.status", f"order/{order}", "status=pending->paid"),
        ("order.status", f"order/{order}", "status=paid->cancelled"),
    ]
    own = (await ada.place()).json()["id"]
    await ada.call("DELETE", f"/api/orders/{own}")
    assert len(journal.acts) == 2
