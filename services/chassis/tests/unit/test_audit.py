"""Administrative acts leave a record that says who, what and from where, or are not done."""

from uuid import uuid4

import pytest

from chassis.observability import audit
from chassis.observability.audit import Unrecorded, put_on_record
from chassis.observability.context import Trace, trace_context
from chassis.security.principal import Principal
from chassis.testing.sinks import RecordingSink

ADMIN = Principal(subject=uuid4(), role="admin", session=uuid4(), token="secret")


async def test_a_record_answers_who_what_whom_from_where_and_in_which_request(journal: RecordingSink) -> None:
    token = trace_context.enter(Trace(trace_id="a" * 32, request_id="request-1", client="192.0.2.7"))
    try:
        await put_on_record(ADMIN, "user.change", "user/7", role="user->admin")
    finally:
        trace_context.leave(token)
    (record,) = journal.acts
    assert {
        "ACTOR": str(ADMIN.subject),
        "ACTOR_ROLE": "admin",
        "ACTOR_SESSION": str(ADMIN.session),
        "ACTION": "user.change",
        "OBJECT": "user/7",
        "DETAIL": "role=user->admin",
        "CLIENT_ADDRESS": "192.0.2.7",
        "TRACE_ID": "a" * 32,
        "REQUEST_ID": "request-1",
        "PRIORITY": "5",
    }.items() <= record.items()
    assert record["MESSAGE"] == f"user.change user/7 by {ADMIN.subject} from 192.0.2.7: role=user->admin"
    assert "secret" not in str(record)


async def test_what_cannot_be_recorded_is_refused(journal: RecordingSink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_PAUSE_SECONDS", 0)
    journal.full = True
    with pytest.raises(Unrecorded):
        await put_on_record("a-command", "user.change", "user/7")


async def test_a_journal_that_is_back_in_a_moment_is_waited_for(
    journal: RecordingSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def come_back(_: float) -> None:
        journal.full = False

    journal.full = True
    monkeypatch.setattr("chassis.observability.audit.anyio.sleep", come_back)
    await put_on_record("a-command", "user.change", "user/7")
    assert [record["ACTOR"] for record in journal.acts] == ["a-command"]
