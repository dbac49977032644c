"""Places one order through the edge and follows it to its email: request, commit, event, email."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from control.demo.client import EdgeClient
from control.demo.mailbox import Mail, mails_to
from control.errors import FailedError
from control.progress import Report

_PATIENCE = 60.0
T = TypeVar("T")

_TEMPLATE = "order.placed"


@dataclass(frozen=True)
class OrderWay:
    """Moments of one order's way, in seconds since the epoch, all by the machine's one clock."""

    order_id: str
    total: str
    recipient: str
    message_id: str
    subject: str
    requested: float
    committed: float
    event_applied: float
    emailed: float

    def milliseconds(self) -> dict[str, int]:
        """Time from the request to each later moment."""
        moments = {"commit": self.committed, "event": self.event_applied, "email": self.emailed}
        return {name: round((moment - self.requested) * 1000) for name, moment in moments.items()}


def place_demo_order(state: dict[str, Any], report: Report) -> OrderWay:
    """Register, log in, order, and wait for the order's email. `state` is the host's contract file."""
    client = EdgeClient(state["base_url"], Path(state["ca_file"]))
    email = f"demo-{uuid.uuid4().hex[:10]}@sandbox.example.com"
    password = secrets.token_urlsafe(16)
    report("registering a customer")
    client.call("POST", "/api/auth/register", {"email": email, "password": password, "name": "Demo Customer"})
    client.token = client.call("POST", "/api/auth/login", {"email": email, "password": password})["access_token"]
    report("placing an order")
    items = [{"sku": "LH-1", "name": "Oak beam", "quantity": 2, "unit_price": 4950}]
    requested = time.time()
    order = client.call("POST", "/api/orders", {"items": items, "currency": "EUR"}, Idempotency_Key=str(uuid.uuid4()))
    committed = time.time()  # the answer's first byte follows the commit
    report(f"waiting for the email of order {order['id']}")
    mail = _patiently(lambda: _mail_of(state, email, order["id"]), f"no email of order {order['id']} arrived", state)
    applied = _patiently(lambda: _applied(client), "the notification is not listed", state)
    return OrderWay(
        order_id=order["id"],
        total=f"{order['total'] / 100:.2f} {order['currency']}",
        recipient=email,
        message_id=str(mail.message["Message-ID"]),
        subject=str(mail.message["Subject"]),
        requested=requested,
        committed=committed,
        event_applied=applied,
        emailed=mail.delivered,
    )


def _mail_of(state: dict[str, Any], email: str, order_id: str) -> Mail | None:
    found = (mail for mail in mails_to(state["ssh"], state["mail_dir"], email) if order_id in mail.text())
    return next(found, None)


def _applied(client: EdgeClient) -> float | None:
    """When notification-service had applied the order's event: the time it wrote the notification."""
    for notification in client.call("GET", "/api/notifications")["items"]:
        if notification["template"] == _TEMPLATE:
            return datetime.fromisoformat(notification["created_at"]).timestamp()
    return None


def _patiently(attempt: Callable[[], T | None], complaint: str, state: dict[str, Any]) -> T:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        found = attempt()
        if found is not None:
            return found
        time.sleep(0.1)
    raise FailedError(
        f"{complaint} within {_PATIENCE:.0f} s",
        hint=f"./longhouse ssh --host {state['name']} -- journalctl -u 'longhouse-*' --since=-5min",
    )
