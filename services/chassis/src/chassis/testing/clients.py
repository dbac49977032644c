"""An application with its lifespan running, behind an in-process HTTP client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from fastapi import FastAPI


@asynccontextmanager
async def running(app: FastAPI, *, base_url: str = "https://longhouse.test") -> AsyncIterator[httpx2.AsyncClient]:
    """Start ``app`` and yield a client for it; an unhandled error is a 500 answer, as on the wire."""
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url=base_url) as client:
            yield client
