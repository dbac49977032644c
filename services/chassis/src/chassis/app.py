"""The one way to build a web application of a service."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import wraps
from typing import Any

from fastapi import APIRouter, FastAPI
from prometheus_client.metrics_core import Metric
from redis.asyncio import Redis
from sqlalchemy import text
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from chassis import failpoints, problem_handlers
from chassis.allowed_methods import AllowedMethods
from chassis.body_limit import BodyLimitMiddleware
from chassis.database.engines import Database
from chassis.health import Check, health_router
from chassis.observability.access import AccessMiddleware
from chassis.observability.exposition import MetricsEndpoint, Sample
from chassis.observability.logs import configure_logging
from chassis.openapi import describe
from chassis.resources import Resources, open_resources
from chassis.security.revocation import EndedSessions
from chassis.security.verifier import Verifier
from chassis.settings import ServiceSettings
from chassis.watchdog import keep_watchdog

ResourceSample = Callable[[Resources], Awaitable[Sequence[Metric]]]
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class Application(FastAPI):
    """FastAPI with our access layer around everything, also around its own 500 handler, and our document."""

    def build_middleware_stack(self) -> ASGIApp:
        settings: ServiceSettings = self.state.settings
        inner = AccessMiddleware(super().build_middleware_stack(), draining_flag=settings.draining_flag)
        return MetricsEndpoint(inner, settings, self.state.samples)

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = describe(self)
        return self.openapi_schema


def _database_check(database: Database) -> Check:
    async def check() -> dict[str, Any]:
        async with database.read_engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
        return {}

    return check


def _redis_check(redis: Redis, key: str, *, required: bool) -> Check:
    # A read of a key the service may read: PING alone is answered to a user who may do nothing else.
    async def check() -> dict[str, Any]:
        try:
            await redis.get(key)
        except Exception:
            if required:
                raise
            return {"status": "degraded"}
        return {}

    return check


def _standard_checks(resources: Resources) -> dict[str, Check]:
    checks: dict[str, Check] = {}
    if resources.database is not None:
        checks["database"] = _database_check(resources.database)
    if resources.state is not None:
        checks["state"] = _redis_check(resources.state, "shared:ready", required=True)
    if resources.cache is not None:
        checks["cache"] = _redis_check(resources.cache, f"{resources.settings.service}:ready", required=False)
    return checks


def _bound(app: FastAPI, sample: ResourceSample) -> Sample:
    @wraps(sample)
    async def bound() -> Sequence[Metric]:
        return await sample(app.state.resources)

    return bound


def create_app(
    *,
    title: str,
    settings: ServiceSettings,
    routers: Sequence[APIRouter],
    checks: Mapping[str, Check] | None = None,
    lifespan: Lifespan | None = None,
    samples: Sequence[ResourceSample] = (),
) -> FastAPI:
    """Build a service's application.

    ``routers`` carry their full prefix (metric labels need it). ``checks`` are added to those of the resources.
    ``lifespan`` runs inside ours: ``app.state.resources`` is open. ``app.state`` also has ``settings``, ``verifier``
    and ``ended_sessions``. ``samples`` are looked up at each scrape of the metrics.
    """
    configure_logging(settings)
    failpoints.enable(settings)
    all_checks: dict[str, Check] = dict(checks or {})

    @asynccontextmanager
    async def run(app: FastAPI) -> AsyncIterator[None]:
        async with open_resources(settings) as resources, keep_watchdog():
            app.state.resources = resources
            all_checks.update(_standard_checks(resources))
            if resources.state is not None:
                app.state.ended_sessions = EndedSessions(resources.state)
            async with lifespan(app) if lifespan else nullcontext():
                yield

    app = Application(
        title=title,
        version=settings.release,
        lifespan=run,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[Middleware(BodyLimitMiddleware, limit=settings.body_limit)],
    )
    app.state.settings = settings
    app.state.samples = [_bound(app, sample) for sample in samples]
    app.state.verifier = Verifier(settings.jwks_file, issuer=settings.token_issuer, audience=settings.token_audience)
    problem_handlers.install(app)
    all_routers = [*routers, health_router(settings, all_checks)]
    app.state.allowed_methods = AllowedMethods(all_routers)
    for router in all_routers:
        app.include_router(router)
    return app
