"""The email itself: identity, trace, both bodies, and no way to forge a header."""

import email
import email.policy
from email.message import EmailMessage
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.channels.mail import compose
from notifications.channels.port import Message, Rejected
from notifications.testing.examples import REQUEST_ID, TRACEPARENT

DELIVERY = UUID("01980000-0000-7000-8000-0000000000d1")
EVENT = UUID("01980000-0000-7000-8000-0000000000e1")


def message(**changes: object) -> Message:
    values: dict[str, object] = {
        "delivery_id": DELIVERY,
        "to": "ada@example.com",
        "title": "Grüße",
        "text": "Hallo\n.\nWelt",
        "html": "<p>Hallo</p>",
        "event_id": EVENT,
        "request_id": REQUEST_ID,
        "traceparent": TRACEPARENT,
    }
    return Message(**{**values, **changes})  # type: ignore[arg-type]


def parsed(sent: Message) -> EmailMessage:
    raw = compose(sent, sender="Longhouse <no-reply@longhouse.example>", domain="longhouse.example")
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_it_carries_identity_trace_and_both_bodies() -> None:
    mail = parsed(message())
    assert mail["Message-ID"] == f"<{DELIVERY}@longhouse.example>"
    assert mail["X-Longhouse-Event-Id"] == str(EVENT)
    assert mail["X-Request-Id"] == REQUEST_ID
    assert mail["traceparent"] == TRACEPARENT
    assert mail["From"] == "Longhouse <no-reply@longhouse.example>"
    assert mail["To"] == "ada@example.com"
    assert mail["Subject"] == "Grüße"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    text = mail.get_body(("plain",))
    assert text is not None
    assert text.get_content().splitlines() == ["Hallo", ".", "Welt"]


def test_it_has_the_same_identity_however_often_it_is_composed() -> None:
    assert parsed(message())["Message-ID"] == parsed(message(text="again"))["Message-ID"]


def test_it_is_seven_bit_clean_so_that_any_server_takes_it() -> None:
    compose(message(text="ä" * 5000), sender="a@b.example", domain="b.example").decode("ascii")


def test_a_message_sent_by_hand_names_no_event() -> None:
    mail = parsed(message(event_id=None, request_id=None, traceparent=None))
    assert mail["X-Longhouse-Event-Id"] is None


@pytest.mark.parametrize("title", ["a\r\nBcc: x@example.com", "a\nBcc: x@example.com", "a\rb"])
def test_a_line_break_in_a_subject_is_refused(title: str) -> None:
    with pytest.raises(Rejected):
        compose(message(title=title), sender="a@b.example", domain="b.example")


HEADERS = ["From", "To", "Subject", "Message-ID", "Date", "Auto-Submitted", "X-Longhouse-Event-Id", "X-Request-Id"]
EXPECTED = {name.lower() for name in [*HEADERS, "traceparent", "MIME-Version", "Content-Type"]}


@settings(max_examples=60)
@given(
    to=st.emails() | st.text(max_size=60) | st.just("a@b.example\r\nBcc: c@d.example"),
    title=st.text(max_size=200),
    request_id=st.text(max_size=60),
)
def test_nothing_anybody_writes_adds_a_header_or_a_recipient(to: str, title: str, request_id: str) -> None:
    sent = message(to=to, title=title, request_id=request_id)
    try:
        raw = compose(sent, sender="a@b.example", domain="b.example")
    except Rejected:
        return
    head = raw.split(b"\r\n\r\n", 1)[0]
    names = [line.split(b":")[0].decode() for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    assert {name.lower() for name in names} <= EXPECTED
    assert len(names) == len(set(names))
