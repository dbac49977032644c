"""What must hold between what clients were told and what the host holds: one pure function a promise.

Each yields a line for every breach. `tests/unit/faults` breaks each promise once in a doctored history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from tests.faults.history import TOLD, History, Known, Life, OrderRow

Rule = Callable[[History], Iterator[str]]

# No request may hang: the edge and the services give up long before.
LONGEST_ANSWER_SECONDS = 35.0
# 502: the service broke off, who knows. 503: nothing was done, come again. 409: the first try is still at work.
HONEST = frozenset({200, 201, 409, 429, 502, 503, 504})
# A server that said this took nothing and never will.
FOREVER_REFUSED = "fault 5xx"


def every_acknowledged_order_exists(history: History) -> Iterator[str]:
    """A 201 is a promise."""
    ids = {row.id for row in history.evidence.orders}
    for life in history.lives:
        if life.order_id and life.order_id not in ids:
            yield f"lost: order {life.order_id} was answered 201 and is not in the database"


def every_key_makes_one_order(history: History) -> Iterator[str]:
    """However often it was sent; and what was refused left nothing behind."""
    rows = Counter(row.key for row in history.evidence.orders)
    for life in history.lives:
        if rows[life.key] > 1:
            yield f"doubled: {rows[life.key]} orders of Idempotency-Key {life.key}"
        if life.placing.known is Known.REFUSED and rows[life.key]:
            yield f"half done: Idempotency-Key {life.key} was refused and its order exists"
        told = {answer.order_id for answer in life.placing.answers if answer.status == 201}
        if len(told) > 1:
            yield f"doubled: Idempotency-Key {life.key} was answered with {' and '.join(sorted(told))}"
    for key in rows.keys() - {life.key for life in history.lives}:
        yield f"from nowhere: an order of key {key}, which nobody sent"


def every_move_is_in_the_row(history: History) -> Iterator[str]:
    """Acknowledged moves are there; others only if the client was left in doubt; each once."""
    for life, row in _orders(history):
        done = sum(move.known is Known.DONE for move in life.moves)
        tried = sum(move.known is not Known.REFUSED for move in life.moves)
        applied = row.version - 1
        if not done <= applied <= tried:
            yield f"order {row.id}: {done} moves acknowledged, {tried} tried, {applied} in the row"
        elif row.status != ("pending", *life.plan)[applied]:
            yield f"order {row.id}: {row.status} after {applied} moves of {' -> '.join(life.plan)}"


def every_change_is_told_once(history: History) -> Iterator[str]:
    """One notification for each change that customers hear of, and none without a committed cause."""
    told = Counter((row.order_id, row.event_type) for row in history.evidence.notifications)
    expected = {
        (row.id, f"order.{status}.v1"): 1
        for life, row in _orders(history)
        for status in ("placed", *life.plan[: row.version - 1])
        if status in TOLD
    }
    for (order_id, type_), count in told.items():
        if type_ != "user.registered.v1" and (order_id, type_) not in expected:
            yield f"without a cause: {type_} of order {order_id} was told"
        elif count > 1 and type_ != "user.registered.v1":
            yield f"doubled: {type_} of order {order_id} was told {count} times"
    for order_id, type_ in expected.keys() - told.keys():
        yield f"lost: {type_} of order {order_id} was never told"


def every_customer_is_welcomed_once(history: History) -> Iterator[str]:
    """One notification of the registration for each customer."""
    types = {row.id: row.event_type for row in history.evidence.notifications}
    welcomed = Counter(
        row.address for row in history.evidence.deliveries if types.get(row.notification_id) == "user.registered.v1"
    )
    for customer in history.customers:
        if welcomed[customer] != 1:
            yield f"{customer} was welcomed {welcomed[customer]} times"


def every_event_is_applied_once(history: History) -> Iterator[str]:
    """Each event that caused something has its one inbox row."""
    rows = Counter(history.evidence.inbox)
    for notification in history.evidence.notifications:
        if rows[notification.event_id] != 1:
            yield f"event {notification.event_id} was applied with {rows[notification.event_id]} inbox rows"


def every_delivery_is_sent(history: History) -> Iterator[str]:
    """And each notification has its delivery; a server that said no for good is the only excuse."""
    for row in history.evidence.deliveries:
        if row.status != "sent" and not (row.status == "failed" and FOREVER_REFUSED in row.error):
            yield f"stuck: delivery {row.id} to {row.address} is {row.status}: {row.error}"
    delivered = Counter(row.notification_id for row in history.evidence.deliveries)
    for notification in history.evidence.notifications:
        if delivered[notification.id] != 1:
            yield f"notification {notification.id} has {delivered[notification.id]} deliveries"


def every_email_arrives(history: History) -> Iterator[str]:
    """A delivery marked sent is in the mailbox, and nothing is there that nobody sent."""
    arrived = Counter(mail.message_id for mail in history.evidence.mails)
    known = set()
    for row in history.evidence.deliveries:
        known.add(row.id)
        if row.status == "sent" and not arrived[row.id]:
            yield f"lost: delivery {row.id} is marked sent and no email arrived"
    for message_id in arrived.keys() - known:
        yield f"from nowhere: email {message_id}"


def no_email_arrives_twice_without_reason(history: History) -> Iterator[str]:
    """Twice at the wire only where an attempt ended between sending and recording: one copy an interrupted attempt."""
    arrived = Counter(mail.message_id for mail in history.evidence.mails)
    for row in history.evidence.deliveries:
        in_doubt = sum(outcome in (None, "abandoned", "refused") for outcome in row.outcomes)
        if arrived[row.id] > 1 + in_doubt:
            yield f"doubled: {arrived[row.id]} copies of email {row.id}, attempts: {row.outcomes}"


def order_is_kept(history: History) -> Iterator[str]:
    """What happened to an order one after the other is told in that order."""
    for life, row in _orders(history):
        heard = [n for n in sorted(history.evidence.notifications, key=lambda n: n.seen) if n.order_id == row.id]
        places = [("placed", *life.plan).index(status) for n in heard if (status := n.event_type.split(".")[1]) in
                  ("placed", *life.plan)]  # fmt: skip
        if places != sorted(places):
            yield f"out of order: {row.id} was told {', '.join(n.event_type for n in heard)}"


def nothing_waits(history: History) -> Iterator[str]:
    """Outboxes and queues are empty; the dead are another rule's affair."""
    for place, count in history.evidence.waiting.items():
        if count and not place.endswith(".dead"):
            yield f"stuck: {count} in {place}"


def only_poison_dies(history: History) -> Iterator[str]:
    """And all of it, with its reason."""
    if history.evidence.dead is None:
        return
    for letter in history.died:
        if not history.poison or not letter.reason.startswith(history.poison):
            yield f"died: {letter.id} in {letter.source}: {letter.reason}"
    for reason in history.poison:
        if not any(letter.reason.startswith(reason) for letter in history.died):
            yield f"stuck: poison is not among the dead letters with the reason {reason!r}"


def every_answer_is_honest(history: History) -> Iterator[str]:
    """2xx, or a no that says what it means and when to come back; nothing hangs."""
    for answer in history.answers:
        if answer.status and answer.status not in HONEST | history.honest:
            yield f"answer {answer.status} after {answer.seconds:.1f} s: {answer.detail}"
        if answer.status in (429, 503) and not answer.retry_after:
            yield f"answer {answer.status} without Retry-After: {answer.detail}"
        if answer.seconds > LONGEST_ANSWER_SECONDS:
            yield f"a request hung for {answer.seconds:.1f} s (answer {answer.status})"


def nobody_is_left_in_doubt(history: History) -> Iterator[str]:
    """Repeating with the same key ends in a definite answer once the fault is over."""
    for life in history.lives:
        for request in life.requests:
            if request.known is not Known.DONE:
                statuses = ", ".join(str(answer.status) for answer in request.answers[-5:])
                yield f"never answered: {request.what} of {life.order_id or life.key}: … {statuses}"


RULES: tuple[Rule, ...] = (
    every_acknowledged_order_exists,
    every_key_makes_one_order,
    every_move_is_in_the_row,
    every_change_is_told_once,
    every_customer_is_welcomed_once,
    every_event_is_applied_once,
    every_delivery_is_sent,
    every_email_arrives,
    no_email_arrives_twice_without_reason,
    order_is_kept,
    nothing_waits,
    only_poison_dies,
    every_answer_is_honest,
    nobody_is_left_in_doubt,
)


def breaches(history: History) -> list[str]:
    """Every breach of every rule, each line beginning with the rule's name."""
    return [f"{rule.__name__}: {line}" for rule in RULES for line in rule(history)]


def duplicates_at_the_wire(history: History) -> int:
    """Second and further copies of emails: allowed where a crash came between sending and recording, and counted."""
    return sum(count - 1 for count in Counter(mail.message_id for mail in history.evidence.mails).values())


def _orders(history: History) -> Iterator[tuple[Life, OrderRow]]:
    rows = {row.key: row for row in history.evidence.orders}
    for life in history.lives:
        if life.key in rows:
            yield life, rows[life.key]
