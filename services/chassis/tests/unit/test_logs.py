"""Log records: native fields, the trace, one path for structlog and the standard library."""

import logging
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from chassis.observability.context import trace_context
from chassis.observability.journal import JournalSink, encode, field_name
from chassis.observability.logs import configure_logging, get_logger
from chassis.testing.sinks import RecordingSink


class Settings:
    service = "sample"
    colour = "green"
    release = "1.2.3"
    log_level = "INFO"


@pytest.fixture
def sink() -> Iterator[RecordingSink]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    sink = RecordingSink()
    configure_logging(Settings(), sink)
    yield sink
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_record_says_who_which_release_and_which_request(sink: RecordingSink) -> None:
    with trace_context.bind(trace_id="a" * 32, request_id="request-1", event_id="event-1"):
        get_logger("orders").info("order placed", order_id=7)
    (record,) = sink.records
    assert record["MESSAGE"] == "order placed order_id=7"
    assert {
        "PRIORITY": "6",
        "SYSLOG_IDENTIFIER": "longhouse-sample",
        "SERVICE": "sample",
        "COLOUR": "green",
        "RELEASE": "1.2.3",
        "TRACE_ID": "a" * 32,
        "REQUEST_ID": "request-1",
        "EVENT_ID": "event-1",
        "ORDER_ID": "7",
        "LOGGER": "orders",
    }.items() <= record.items()


def test_libraries_log_the_same_way(sink: RecordingSink) -> None:
    with trace_context.bind(trace_id="b" * 32):
        try:
            raise ValueError("broken")
        except ValueError:
            logging.getLogger("kombu").exception("lost %s", "it")
    (record,) = sink.records
    assert (record["MESSAGE"], record["PRIORITY"], record["TRACE_ID"]) == ("lost it", "3", "b" * 32)
    assert "ValueError: broken" in record["EXCEPTION"]


def test_the_level_holds(sink: RecordingSink) -> None:
    get_logger("x").debug("too much")
    logging.getLogger("x").debug("too much")
    assert sink.records == []


def test_encodes_the_native_protocol() -> None:
    assert encode({"A": "one", "B": "two\nlines"}) == b"A=one\nB\n" + struct.pack("<Q", 9) + b"two\nlines\n"
    assert len(encode({"A": "x" * 100_000})) < 40_000


@pytest.mark.parametrize(
    ("name", "field"), [("order_id", "ORDER_ID"), ("_x", "X"), ("7up", "UP"), ("a-b", "A_B"), ("_", "FIELD")]
)
def test_field_names_are_what_the_journal_accepts(name: str, field: str) -> None:
    assert field_name(name) == field


def test_sends_one_datagram_and_survives_a_missing_journal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(str(path))
        sink = JournalSink(path)
        sink.write({"MESSAGE": "here"})
        assert journal.recv(100) == b"MESSAGE=here\n"
    path.unlink()
    sink.write({"MESSAGE": "nobody listens"})
    assert "nobody listens" in capsys.readouterr().err
    sink.close()
