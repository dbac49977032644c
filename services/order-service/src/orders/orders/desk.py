"""What can be done with orders; each within the caller's transaction, with its event in the outbox."""

from uuid import UUID

from prometheus_client import Counter

from chassis.clock import Clock
from chassis.database.sessions import WriteSession, count_after_commit
from chassis.messaging import outbox
from chassis.observability.audit import put_on_record
from chassis.security.principal import Principal
from orders.orders import events, repository
from orders.orders.entity_tags import require_match
from orders.orders.errors import MoveRefused, OrderNotFound
from orders.orders.lifecycle import IllegalMoveError, Status
from orders.orders.order import Customer, Order
from orders.orders.schemas import PlaceOrder

_orders = Counter("longhouse_orders_total", "Orders that came into a status", ["status"])
_value = Counter("longhouse_order_value_minor_units_total", "Worth of the orders placed, in minor units", ["currency"])


class OrderDesk:
    """Takes orders and moves them on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def place(self, db: WriteSession, customer: Customer, request: PlaceOrder) -> Order:
        """Write a new order of ``customer``."""
        now = self._clock.now()
        order = Order.place(customer, request.lines(), currency=request.currency, now=now)
        await repository.add(db, order)
        await outbox.append(db, events.placed(order, now))
        count_after_commit(db, _orders.labels(order.status))
        count_after_commit(db, _value.labels(order.currency), order.total)
        return order

    async def move(
        self, db: WriteSession, caller: Principal, order_id: UUID, wanted: Status, *, if_match: str | None
    ) -> Order:
        """Move the order on; a second time changes nothing. Raises `OrderNotFound`, `OrderChanged`, `MoveRefused`."""
        order = await repository.lock(db, caller, order_id)
        if order is None:
            raise OrderNotFound("there is no such order")
        now, before = self._clock.now(), order.status
        try:
            if order.status is not wanted:
                require_match(if_match, order.version)
            if order.move_to(wanted, now=now):
                await repository.save_status(db, order)
                await outbox.append(db, events.moved(order, now))
                count_after_commit(db, _orders.labels(order.status))
                if caller.is_admin:
                    await put_on_record(caller, "order.status", f"order/{order_id}", status=f"{before}->{wanted}")
        except IllegalMoveError as error:
            raise MoveRefused.of(error) from error
        return order
