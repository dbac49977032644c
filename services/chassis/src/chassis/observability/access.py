"""The outermost layer of a web worker: request id, trace, one access record, and the draining mark.

Pure ASGI: a BaseHTTPMiddleware costs a hundred times as much per request.
"""

import os
from pathlib import Path
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.identifiers import uuid7
from chassis.observability.context import (
    Trace,
    accepted_request_id,
    new_span_id,
    new_trace_id,
    trace_context,
    trace_id_of,
)
from chassis.observability.logs import get_logger, write_record
from chassis.observability.metrics import observe_request

_log = get_logger(__name__)
# Of an IPv6 address with an IPv4 one in it.
_LONGEST_ADDRESS = 45
_QUIET = {"/livez", "/readyz"}


def _trace_of(scope: Scope) -> Trace:
    request_id = trace_id = client = ""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            request_id = accepted_request_id(value.decode("latin-1"))
        elif name == b"traceparent":
            trace_id = trace_id_of(value.decode("latin-1"))
        elif name == b"x-real-ip":
            # Set by the edge, which overwrites what a client sends under this name.
            client = value.decode("latin-1")[:_LONGEST_ADDRESS]
    return Trace(
        trace_id=trace_id or new_trace_id(),
        request_id=request_id or str(uuid7()),
        event_id="",
        span_id=new_span_id(),
        client=client,
    )


class AccessMiddleware:
    """Binds the trace, answers with its ids, logs one record per request and swallows what the app already answered."""

    def __init__(self, app: ASGIApp, *, draining_flag: Path | None = None) -> None:
        self.app = app
        self._draining_flag = str(draining_flag) if draining_flag else ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        trace = _trace_of(scope)
        token = trace_context.enter(trace)
        started = perf_counter()
        status = 0

        async def send_marked(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = message["headers"] = list(message.get("headers", ()))
                headers.append((b"x-request-id", trace.request_id.encode()))
                headers.append((b"traceparent", trace.traceparent.encode()))
                if self._draining():
                    # The edge then opens its next connection to the colour that took over.
                    headers.append((b"connection", b"close"))
            await send(message)

        try:
            await self.app(scope, receive, send_marked)
        except Exception:
            _log.exception("request failed", path=scope["path"], method=scope["method"])
            if not status:
                raise
        finally:
            if scope["path"] not in _QUIET:
                seconds = perf_counter() - started
                # The router leaves the route it chose in the scope; its path is the template.
                observe_request(scope["method"], getattr(scope.get("route"), "path", ""), status, seconds)
                self._record(scope, status, seconds)
            trace_context.leave(token)

    def _draining(self) -> bool:
        # One stat of a tmpfs: microseconds, and always true to the moment.
        return bool(self._draining_flag) and os.path.exists(self._draining_flag)

    @staticmethod
    def _record(scope: Scope, status: int, seconds: float) -> None:
        level = "error" if status >= 500 or not status else "info"
        milliseconds = f"{seconds * 1000:.1f}"
        write_record(
            level,
            f"{scope['method']} {scope['path']} {status} {milliseconds}ms",
            "access",
            {"http_method": scope["method"], "http_path": scope["path"], "http_status": status, "ms": milliseconds},
        )
