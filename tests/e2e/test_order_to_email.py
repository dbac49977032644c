"""From registration to the delivered email: what the whole house is for."""

from __future__ import annotations

import re
from email.message import Message
from typing import Any

import pytest

from tests.e2e.client import Client
from tests.e2e.sandbox import Sandbox
from tests.e2e.waiting import eventually


def assert_traceable(mail: Message, request_id: str) -> None:
    assert re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", str(mail["Message-ID"]))
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", str(mail["X-Longhouse-Event-Id"]))
    assert mail["X-Request-Id"] == request_id


def test_a_new_user_is_welcomed(customer: Client, sandbox: Sandbox) -> None:
    mail = sandbox.email(customer.email, "Welcome")
    assert mail["To"] == customer.email
    assert mail.get_content_type() == "multipart/alternative"
    parts: list[Any] = list(mail.walk())
    assert {"text/plain", "text/html"} <= {part.get_content_type() for part in parts}


def test_an_order_ends_in_one_email_that_leads_back_to_the_request(customer: Client, sandbox: Sandbox) -> None:
    placed = customer.order()
    assert placed.status_code == 201, placed.text
    assert_traceable(sandbox.email(customer.email, "Your order over"), placed.headers["x-request-id"])
    # The welcome and this one, and nothing twice.
    subjects = [str(mail["Subject"]) for mail in sandbox.emails(customer.email)]
    assert len(subjects) == len(set(subjects))


@pytest.mark.parametrize(
    ("status", "subject"), [("paid", "has arrived"), ("shipped", "is on its way"), ("cancelled", "is cancelled")]
)
def test_the_customer_hears_of_what_becomes_of_the_order(
    customer: Client, admin: Client, sandbox: Sandbox, status: str, subject: str
) -> None:
    path = customer.order().headers["location"]
    way = {"paid": ["paid"], "shipped": ["paid", "fulfilling", "shipped"], "cancelled": []}[status]
    for step in way:
        assert admin.put(f"{path}/status", json={"status": step}).status_code == 200
    if status == "cancelled":
        assert customer.delete(path).status_code == 200
    assert sandbox.email(customer.email, subject)["X-Longhouse-Event-Id"]


def test_the_notification_shows_the_delivery(customer: Client) -> None:
    customer.order()

    def delivered() -> dict[str, Any] | None:
        items = customer.get("/api/notifications").json()["items"]
        sent = [item for item in items if item["event_type"] == "order.placed.v1" and item["deliveries"]]
        return next((item for item in sent if item["deliveries"][0]["status"] == "sent"), None)

    notification = eventually(delivered, within=30, what="sent notification")
    delivery = notification["deliveries"][0]
    assert (delivery["channel"], delivery["to"], delivery["last_error"]) == ("email", customer.email, None)
    assert delivery["attempts"] >= 1
    assert customer.get(f"/api/notifications/{notification['id']}").json() == notification


def test_one_trace_leads_through_every_service(customer: Client, sandbox: Sandbox) -> None:
    trace = "0af7651916cd43dd8448eb211c80" + customer.user["id"][-4:]
    placed = customer.post(
        "/api/orders",
        json={"items": [{"sku": "A", "name": "A", "quantity": 1, "unit_price": 1}], "currency": "EUR"},
        headers={"Idempotency-Key": trace, "traceparent": f"00-{trace}-b7ad6b7169203331-01"},
    )
    assert placed.status_code == 201
    sandbox.email(customer.email, "Your order over")

    def services() -> bool:
        seen = sandbox.run(
            f'journalctl TRACE_ID={trace} -o json --output-fields=SERVICE | grep -o \'"SERVICE":"[a-z]*\' | sort -u'
        )
        return {"order", "notification"} <= set(re.findall(r'":"(\w+)', seen))

    assert eventually(services, within=10, what="trace in the journal of both services")
