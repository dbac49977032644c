"""The trace of a piece of work."""

import pytest

from chassis.observability.context import accepted_request_id, trace_context, trace_id_of

TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_binds_for_the_block_and_inherits() -> None:
    with trace_context.bind(trace_id=TRACE, request_id="request-1") as outer:
        with trace_context.bind(event_id="event-1") as inner:
            assert (inner.trace_id, inner.request_id, inner.event_id) == (TRACE, "request-1", "event-1")
            assert inner.span_id != outer.span_id
            assert trace_context.traceparent() == f"00-{TRACE}-{inner.span_id}-01"
        assert trace_context.current() == outer
    assert trace_context.traceparent() == ""


def test_continues_a_traceparent_and_starts_anew_without_one() -> None:
    with trace_context.bind(traceparent=f"00-{TRACE}-b7ad6b7169203331-01") as trace:
        assert trace.trace_id == TRACE
    with trace_context.bind(traceparent="nonsense") as trace:
        assert len(trace.trace_id) == 32


@pytest.mark.parametrize(
    "malformed",
    [
        "",
        TRACE,
        f"ff-{TRACE}-b7ad6b7169203331-01",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-b7ad6b7169203331-01",
        f"00-{TRACE}-b7ad6b7169203331-01\n",
    ],
)
def test_a_malformed_traceparent_is_none(malformed: str) -> None:
    assert trace_id_of(malformed) == ""


@pytest.mark.parametrize("odd", ["", "short", "x" * 65, "with space 1", "line\nbreak", "line-break\n", "semi;colon"])
def test_an_odd_request_id_is_not_accepted(odd: str) -> None:
    assert accepted_request_id(odd) == ""
