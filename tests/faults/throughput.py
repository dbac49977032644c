"""`python -m tests.faults.throughput --host NAME`: how fast orders become emails at a steady rate.

Orders begin at their time, whether the ones before were answered or not. An email has arrived when its file is in the
mailbox; host and clients share one clock. Afterwards the same rules as after a fault say whether all of it is true.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import time
from collections import Counter
from uuid import uuid4

from tests.e2e.sandbox import Sandbox
from tests.faults.customers import Shop
from tests.faults.history import History
from tests.faults.latency import Order, growth, minutes, row, table
from tests.faults.stage import dead, settled

# All of one address, so the edge's limits see one client; the services see this many.
CUSTOMERS = 10
BREACHES_SHOWN = 10


def main(argv: list[str]) -> int:
    """Exit status 0 when every order was accepted at its first try with a good token, and told of once."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.throughput", description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--rate", type=float, default=20.0, help="orders a second (%(default)s)")
    parser.add_argument("--minutes", type=float, default=5.0, help="how long (%(default)s)")
    arguments = parser.parse_args(argv)
    # A token lives for ten minutes; then the answer is 401 and the client logs in again.
    history = History(honest=frozenset({401}))
    load = asyncio.run(Load(Sandbox.read(arguments.host), history, arguments.rate, arguments.minutes * 60).run())
    return 1 if report(history, load) else 0


class Load:
    """One run. Then: ``began`` (Unix time), ``late`` (worst start, seconds), ``loads`` (by minute), ``breaches``."""

    def __init__(self, sandbox: Sandbox, history: History, rate: float, seconds: float) -> None:
        self._sandbox = sandbox
        self._history = history
        self._rate = rate
        self._seconds = seconds
        self.began = 0.0
        self.late = 0.0
        self.loads: list[float] = []
        self.breaches: list[str] = []

    async def run(self) -> Load:
        tag = f"t{uuid4().hex[:12]}"
        self._history.dead_before = await dead(self._sandbox, tag)
        async with Shop(self._sandbox, self._history, random.Random(tag), tag) as shop:
            await shop.open(CUSTOMERS)
            async with asyncio.TaskGroup() as orders:
                await self._place(shop, orders)
        self.loads.append(os.getloadavg()[0])
        self.breaches = await settled(self._sandbox, self._history, tag, time.monotonic())
        return self

    async def _place(self, shop: Shop, orders: asyncio.TaskGroup) -> None:
        self.began, began = time.time(), time.monotonic()
        for number in range(int(self._rate * self._seconds)):
            due = number / self._rate
            if due >= 60 * (len(self.loads) + 1):
                self.loads.append(os.getloadavg()[0])
            await asyncio.sleep(due - (time.monotonic() - began))
            self.late = max(self.late, time.monotonic() - began - due)
            orders.create_task(shop.order(self._history.customers[number % CUSTOMERS]))


def report(history: History, load: Load) -> bool:
    """Print the figures; True when something was not as it has to be."""
    orders = measured(history, load.began)
    rows = minutes(orders)
    print(table([*rows, row("all", orders)], [*load.loads[: len(rows)], load.loads[-1]]))
    # With a token whose time is over nothing was tried yet.
    firsts = Counter(next((a.status for a in life.placing.answers if a.status != 401), 401) for life in history.lives)
    answered = ", ".join(f"{count} x {status or 'none'}" for status, count in sorted(firsts.items()))
    print(f"first answers: {answered}; orders began at most {load.late:.2f} s late")
    if len(rows) > 1:
        print(f"median of the last minute by that of the first: {growth(rows):.2f}")
    for line in load.breaches[:BREACHES_SHOWN]:
        print(f"BROKEN  {line}")
    print(f"{len(load.breaches)} broken promises in {len(orders)} orders")
    return bool(load.breaches) or set(firsts) != {201}


def measured(history: History, began: float) -> list[Order]:
    """Each accepted order with its times."""
    evidence = history.evidence
    arrived: dict[str, float] = {}
    for mail in evidence.mails:
        arrived[mail.message_id] = min(mail.at, arrived.get(mail.message_id, mail.at))
    told = {note.id: note.order_id for note in evidence.notifications if note.event_type == "order.placed.v1"}
    emails = {
        told[row.notification_id]: arrived.get(row.id) for row in evidence.deliveries if row.notification_id in told
    }
    orders = []
    for life in history.lives:
        answer = next((answer for answer in life.placing.answers if answer.status == 201), None)
        if answer is not None:
            accepted = answer.at + answer.seconds
            asked = life.placing.answers[0].at
            email = emails.get(answer.order_id)
            orders.append(Order(asked - began, accepted - asked, None if email is None else max(0.0, email - accepted)))
    return orders


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
