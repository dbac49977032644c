"""An order while user-service is away: an honest 503 in time, and nothing written."""

import time
from typing import Any
from uuid import uuid4

import httpx2

from chassis.identifiers import uuid7
from chassis.testing.tokens import TokenMint


async def test_nothing_is_written(client: httpx2.AsyncClient, mint: TokenMint, rows: Any) -> None:
    # The application's own directory asks port 9 here, where nobody listens.
    customer = uuid7()
    headers = {**mint.headers("user", subject=customer), "Idempotency-Key": str(uuid4())}
    body = {"items": [{"sku": "A", "name": "a", "quantity": 1, "unit_price": 1}], "currency": "EUR"}
    started = time.monotonic()
    answer = await client.post("/api/orders", json=body, headers=headers)
    assert time.monotonic() - started < 1.0
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["content-type"] == "application/problem+json"
    assert rows("SELECT count(*) FROM orders WHERE customer_id = %s", customer) == [(0,)]
    assert rows("SELECT count(*) FROM idempotency WHERE owner = %s", customer) == [(0,)]
