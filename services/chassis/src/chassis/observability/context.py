"""The trace a piece of work belongs to: one immutable record in one context variable.

Web requests, relays, consumers and Celery tasks all bind it, so every log line of one request is found by its trace.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import NamedTuple

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class Trace(NamedTuple):
    """Ids of the current work, and the address of the client it is for; an empty string where there is none."""

    trace_id: str = ""
    request_id: str = ""
    event_id: str = ""
    span_id: str = ""
    client: str = ""

    @property
    def traceparent(self) -> str:
        """W3C ``traceparent`` of this work, or an empty string."""
        return f"00-{self.trace_id}-{self.span_id}-01" if self.trace_id else ""


_NO_TRACE = Trace()


def new_trace_id() -> str:
    """Return 32 random hex digits."""
    return secrets.token_hex(16)


def new_span_id() -> str:
    """Return 16 random hex digits."""
    return secrets.token_hex(8)


def trace_id_of(traceparent: str) -> str:
    """Return the trace id of a W3C ``traceparent``, or an empty string when it is malformed."""
    match = _TRACEPARENT.fullmatch(traceparent)
    if match is None or set(match[1]) == {"0"} or set(match[2]) == {"0"}:
        return ""
    return match[1]


def accepted_request_id(value: str) -> str:
    """Return ``value`` when it is a request id we would log, else an empty string."""
    return value if _REQUEST_ID.fullmatch(value) else ""


class TraceContext:
    """Binds and reads the current :class:`Trace`."""

    def __init__(self) -> None:
        self._current: ContextVar[Trace] = ContextVar("trace", default=_NO_TRACE)

    def current(self) -> Trace:
        return self._current.get()

    @property
    def request_id(self) -> str:
        return self._current.get().request_id

    @property
    def client(self) -> str:
        """Address of the client as the edge saw it; empty when no client is behind this work."""
        return self._current.get().client

    def traceparent(self) -> str:
        """Return the ``traceparent`` to pass on to another service or into an event; empty outside a trace."""
        return self._current.get().traceparent

    def enter(self, trace: Trace) -> Token[Trace]:
        return self._current.set(trace)

    def leave(self, token: Token[Trace]) -> None:
        self._current.reset(token)

    @contextmanager
    def bind(
        self,
        *,
        trace_id: str | None = None,
        request_id: str | None = None,
        event_id: str | None = None,
        traceparent: str | None = None,
    ) -> Iterator[Trace]:
        """Bind the given ids for the block; what is not given is inherited.

        ``traceparent`` is an alternative to ``trace_id``; a malformed one starts a new trace. A new span id is made.
        """
        outer = self.current()
        if traceparent is not None:
            trace_id = trace_id_of(traceparent) or new_trace_id()
        trace = Trace(
            trace_id=outer.trace_id if trace_id is None else trace_id,
            request_id=outer.request_id if request_id is None else request_id,
            event_id=outer.event_id if event_id is None else event_id,
            span_id=new_span_id(),
            client=outer.client,
        )
        token = self.enter(trace)
        try:
            yield trace
        finally:
            self.leave(token)


trace_context = TraceContext()
