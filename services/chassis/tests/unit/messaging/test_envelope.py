"""CloudEvents as we write and read them."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import BaseModel

from chassis.messaging.envelope import Event, Undecodable
from chassis.observability.context import trace_context

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Data(BaseModel):
    amount: int


def make() -> Event:
    return Event.of("order.placed.v1", Data(amount=3), service="order", subject="42", now=NOW, version=7)


def test_an_event_is_a_cloudevent_in_structured_mode() -> None:
    with trace_context.bind(trace_id="a" * 32, request_id="request-9"):
        written = json.loads(make().encode())
    assert written.pop("id")[14] == "7"
    assert written.pop("traceparent").startswith(f"00-{'a' * 32}-")
    assert written == {
        "specversion": "1.0",
        "source": "/longhouse/order",
        "type": "order.placed.v1",
        "time": "2026-01-02T03:04:05Z",
        "subject": "42",
        "datacontenttype": "application/json",
        "dataschema": "urn:longhouse:schema:order.placed.v1",
        "data": {"amount": 3},
        "requestid": "request-9",
        "aggregateversion": 7,
    }


def test_it_reads_what_it_wrote_and_ignores_what_others_add() -> None:
    event = make()
    assert Event.decode(event.encode()) == event
    assert Event.decode(json.dumps({**json.loads(event.encode()), "newextension": 1})) == event
    assert "traceparent" not in json.loads(event.encode())


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"specversion": "2.0"}, "specversion"),
        ({"id": "x"}, "id"),
        ({"type": "order.placed"}, "type"),
        ({"time": "2026-01-02T03:04:05"}, "time"),
        ({"data": []}, "data"),
        ({"source": "elsewhere"}, "source"),
    ],
)
def test_what_is_no_event_of_ours_is_undecodable(change: dict[str, object], named: str) -> None:
    with pytest.raises(Undecodable, match=f"^{named}: "):
        Event.decode(json.dumps({**json.loads(make().encode()), **change}))


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"null", b"{", b'"text"'])
def test_what_is_no_json_object_is_undecodable(body: bytes) -> None:
    with pytest.raises(Undecodable):
        Event.decode(body)
