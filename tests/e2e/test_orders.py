"""Orders: /api/orders."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.client import Client

ORDER_FIELDS = {"id", "customer_id", "status", "currency", "total", "items", "created_at", "updated_at"}
LINE = {"sku": "A", "name": "A", "quantity": 1, "unit_price": 1}


def test_an_order_is_placed_read_and_listed(customer: Client) -> None:
    placed = customer.order()
    assert placed.status_code == 201
    order = placed.json()
    assert order.keys() >= ORDER_FIELDS
    assert (order["total"], order["currency"], order["status"]) == (2500, "EUR", "pending")
    assert order["customer_id"] == customer.user["id"]
    assert placed.headers["location"] == f"/api/orders/{order['id']}"
    assert customer.get(placed.headers["location"]).json() == order
    assert [listed["id"] for listed in customer.get("/api/orders").json()["items"]] == [order["id"]]


def test_orders_come_page_by_page_and_by_status(customer: Client) -> None:
    placed = [customer.order().json()["id"] for _ in range(3)]
    first = customer.get("/api/orders", params={"limit": 2}).json()
    second = customer.get("/api/orders", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [order["id"] for order in first["items"] + second["items"]] == placed[::-1]
    assert second["next_cursor"] is None
    assert customer.get("/api/orders", params={"status": "shipped"}).json()["items"] == []
    assert customer.get("/api/orders", params={"cursor": "forged"}).status_code == 422


def test_the_same_key_and_body_place_one_order(customer: Client) -> None:
    key = uuid4().hex
    first, second = customer.order(key=key), customer.order(key=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert first.headers["location"] == second.headers["location"]
    assert len(customer.get("/api/orders").json()["items"]) == 1


def test_the_same_key_with_another_body_is_refused(customer: Client) -> None:
    key = uuid4().hex
    assert customer.order(key=key).status_code == 201
    assert customer.order(key=key, currency="USD").status_code == 422


def test_two_customers_may_use_the_same_key(customer: Client, stranger: Client) -> None:
    key = uuid4().hex
    assert customer.order(key=key).json()["id"] != stranger.order(key=key).json()["id"]


def test_without_a_key_nothing_is_ordered(customer: Client) -> None:
    response = customer.post("/api/orders", json={"items": [LINE], "currency": "EUR"})
    assert response.status_code in (400, 422)
    assert customer.get("/api/orders").json()["items"] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"items": []}, "items"),
        ({"items": [LINE | {"quantity": 0}]}, "items.0.quantity"),
        ({"items": [LINE | {"unit_price": -1}]}, "items.0.unit_price"),
        ({"items": [LINE | {"unit_price": 1.5}]}, "items.0.unit_price"),
        ({"items": [LINE | {"sku": ""}]}, "items.0.sku"),
        ({"currency": "EURO"}, "currency"),
        ({"total": 1}, "total"),
    ],
)
def test_a_malformed_order_names_the_field(customer: Client, changes: dict[str, Any], field: str) -> None:
    response = customer.order(**changes)
    assert response.status_code == 422
    assert field in [error["field"] for error in response.json()["errors"]]


def test_an_order_goes_its_way_and_no_other(customer: Client, admin: Client) -> None:
    path = customer.order().headers["location"]
    for status in ("paid", "fulfilling", "shipped", "delivered"):
        moved = admin.put(f"{path}/status", json={"status": status})
        assert (moved.status_code, moved.json()["status"]) == (200, status)
    illegal = admin.put(f"{path}/status", json={"status": "pending"})
    assert illegal.status_code == 409
    assert "refunded" in illegal.text  # the legal moves are named


def test_only_admins_move_orders(customer: Client) -> None:
    path = customer.order().headers["location"]
    assert customer.put(f"{path}/status", json={"status": "paid"}).status_code == 403
    assert customer.get(path).json()["status"] == "pending"


def test_an_order_is_cancelled_until_it_is_shipped(customer: Client, admin: Client) -> None:
    cancelled = customer.delete(customer.order().headers["location"])
    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    path = customer.order().headers["location"]
    for status in ("paid", "fulfilling", "shipped"):
        admin.put(f"{path}/status", json={"status": status})
    assert customer.delete(path).status_code == 409


def test_other_peoples_orders_do_not_exist(customer: Client, stranger: Client, admin: Client) -> None:
    path = customer.order().headers["location"]
    assert stranger.get(path).status_code == 404
    assert stranger.delete(path).status_code == 404
    assert stranger.get("/api/orders").json()["items"] == []
    assert admin.get(path).status_code == 200


def test_other_people_do_not_exist(customer: Client, stranger: Client) -> None:
    path = f"/api/users/{customer.user['id']}"
    missing = stranger.get(f"/api/users/{uuid4()}")
    assert stranger.get(path).status_code == missing.status_code == 404
    assert stranger.delete(path).status_code == 404
    change = {"email": customer.email, "name": "Mine now"}
    assert stranger.put(path, json=change, headers={"If-Match": "*"}).status_code == 404
