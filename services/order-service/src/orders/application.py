"""How order-service is put together."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from chassis.app import create_app
from chassis.messaging.outbox import outbox_depth
from chassis.resources import Resources
from chassis.settings import ServiceSettings
from chassis.upstream.breaker import Breaker
from chassis.upstream.client import UpstreamClient
from orders.customers.cache import CustomerCache
from orders.customers.user_service import UserService
from orders.orders import routes
from orders.orders.desk import OrderDesk


def build_application(settings: ServiceSettings) -> FastAPI:
    """Build the web application; what needs connections is made when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        resources: Resources = app.state.resources
        client = UpstreamClient(resources.http, settings.internal_edge_url, Breaker(time.monotonic))
        app.state.customers = UserService(client, CustomerCache(resources.cache))
        app.state.desk = OrderDesk(resources.clock)
        yield

    return create_app(
        title="Longhouse order service",
        settings=settings,
        routers=[routes.router],
        lifespan=lifespan,
        samples=[outbox_depth],
    )
