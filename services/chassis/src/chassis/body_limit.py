"""Refuses bodies that are larger than the service reads, announced or streamed."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.problem_handlers import problem_response


class BodyLimitMiddleware:
    """Answers 413 before the route runs; ``limit`` in bytes."""

    def __init__(self, app: ASGIApp, *, limit: int) -> None:
        self.app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        detail = f"the body may have {self._limit} bytes"
        if announced.isdigit() and int(announced) > self._limit:
            await problem_response(413, detail)(scope, receive, send)
            return
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > self._limit:
                    # An HTTPException, because FastAPI turns any other exception while reading into a 400.
                    raise HTTPException(413, detail)
            return message

        await self.app(scope, receive_counted, send)
