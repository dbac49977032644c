"""``order-consumer``: keep the snapshots of customers fresh, forget those who left."""

from uuid import UUID

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from chassis import retention
from chassis.messaging.consumer import run_consumer
from chassis.messaging.topology import events_queue
from chassis.observability.logs import configure_logging
from chassis.settings import ServiceSettings, load_settings
from orders.customers.user_events import DropFromCache, user_event_handlers

REDIS_SECONDS = 0.5


def cache_dropper(settings: ServiceSettings) -> DropFromCache:
    """Deletes a customer's entry; raises when Redis is away (the entry then ends by its own lifetime)."""
    password = settings.redis_password.get_secret_value() if settings.redis_password else None
    redis = Redis.from_url(
        settings.redis_cache_url,
        username=settings.redis_username or None,
        password=password,
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )

    def drop(customer_id: UUID) -> None:
        redis.delete(f"order:customer:{customer_id}")

    return drop


def main() -> None:
    """Run until SIGTERM."""
    settings = load_settings(ServiceSettings)
    configure_logging(settings)
    run_consumer(
        settings,
        events_queue(settings.service),
        user_event_handlers(cache_dropper(settings)),
        chores=[retention.IDEMPOTENCY],
    )


if __name__ == "__main__":
    main()
