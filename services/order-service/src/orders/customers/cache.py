"""Customers checked within the last minute, in Redis; without Redis every order asks user-service.

Dropped by order-consumer when user-service tells of a change, so a disabled account is refused sooner than that.
"""

import asyncio
from uuid import UUID

from pydantic import BaseModel, ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from chassis.observability.logs import get_logger
from orders.orders.order import Customer

LIFETIME_SECONDS = 60
# A cache that takes longer is no help: the whole check has to end within a second.
BUDGET_SECONDS = 0.08

log = get_logger(__name__)


class _Entry(BaseModel):
    email: str
    name: str


def customer_key(customer_id: UUID) -> str:
    """The key of a customer's entry."""
    return f"order:customer:{customer_id}"


class CustomerCache:
    """Never raises: what cannot be read is absent, what cannot be written is lost."""

    def __init__(self, redis: Redis | None) -> None:
        self._redis = redis

    async def get(self, customer_id: UUID) -> Customer | None:
        """The customer, when checked within `LIFETIME_SECONDS`."""
        if self._redis is None:
            return None
        try:
            async with asyncio.timeout(BUDGET_SECONDS):
                text = await self._redis.get(customer_key(customer_id))
            entry = _Entry.model_validate_json(text) if text else None
        except (RedisError, OSError, TimeoutError, ValidationError) as error:
            log.warning("customer cache not read", error=type(error).__name__)
            return None
        return Customer(customer_id, entry.email, entry.name) if entry else None

    async def put(self, customer: Customer) -> None:
        """Remember that ``customer`` was checked now."""
        if self._redis is None or customer.email is None:
            return
        text = _Entry(email=customer.email, name=customer.name).model_dump_json()
        try:
            async with asyncio.timeout(BUDGET_SECONDS):
                await self._redis.set(customer_key(customer.id), text, ex=LIFETIME_SECONDS)
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("customer cache not written", error=type(error).__name__)
