"""``/livez``: the loop turns. ``/readyz``: everything a request needs answers, and nobody is draining us."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import perf_counter
from typing import Any

from fastapi import APIRouter
from starlette.responses import JSONResponse

from chassis.observability.logs import get_logger
from chassis.settings import ServiceSettings

Check = Callable[[], Awaitable[dict[str, Any]]]
"""Returns details to publish, and raises when what it looks at does not work. ``{"status": "degraded"}`` in its answer
reports a fault that the service can live with."""

BUDGET_SECONDS = 1.0
_log = get_logger(__name__)


async def run_check(check: Check) -> dict[str, Any]:
    """Return ``{status: ok|degraded|failed, ms, …}``; a check has one second."""
    started = perf_counter()
    try:
        async with asyncio.timeout(BUDGET_SECONDS):
            result = {"status": "ok", **await check()}
    except TimeoutError:
        result = {"status": "failed", "error": f"no answer within {BUDGET_SECONDS:g} s"}
    except Exception as error:
        # The class says enough for the public; the message may hold addresses.
        _log.warning("readiness check failed", error=repr(error))
        result = {"status": "failed", "error": type(error).__name__}
    result["ms"] = round((perf_counter() - started) * 1000, 1)
    return result


def health_router(settings: ServiceSettings, checks: Mapping[str, Check]) -> APIRouter:
    """Build the two routes; ``checks`` is read at each request, so entries may be added during start-up."""
    router = APIRouter(include_in_schema=False)
    identity = {"service": settings.service, "version": settings.release, "colour": settings.colour}

    @router.get("/livez", response_model=None)
    async def live() -> JSONResponse:
        return JSONResponse({"status": "ok", **identity})

    @router.get("/readyz", response_model=None)
    async def ready() -> JSONResponse:
        results = await asyncio.gather(*(run_check(check) for check in checks.values()))
        flag = settings.draining_flag
        draining = flag is not None and flag.exists()
        failed = any(result["status"] == "failed" for result in results)
        status = "draining" if draining else "failed" if failed else "ok"
        return JSONResponse(
            {"status": status, **identity, "checks": dict(zip(checks, results, strict=True))},
            status_code=200 if status == "ok" else 503,
            headers={} if status == "ok" else {"Retry-After": "1"},
        )

    return router
