"""Questions to the journal, and what becomes of its records."""

from __future__ import annotations

import importlib
import json
import re
import traceback
from typing import Any

import pytest

journal = importlib.import_module("longhouse_console.journal")
records = importlib.import_module("longhouse_console.records")
problems = importlib.import_module("longhouse_console.problems")


def services() -> list[str]:
    return ["order"]


def test_text_is_searched_for_as_it_stands() -> None:
    for text in ("a.b*c", "[x](y)", "--flag", "a\\Eb", "50% $x ^y|z", "/api/orders?limit=1"):
        assert re.fullmatch(journal.literally(text), text)
        assert not re.fullmatch(journal.literally(text), text + "!")


@pytest.mark.parametrize("wanted", [
    {"level": "8"}, {"level": "err"}, {"limit": "0"}, {"limit": "501"}, {"limit": "-1"}, {"source": "nobody"},
    {"source": "order;reboot"}, {"source": "--flush"}, {"trace": "short"}, {"trace": "A" * 32}, {"since": "yesterday"},
    {"since": "nan"}, {"before": "-1"},
], ids=str)  # fmt: skip
def test_a_question_that_is_none_is_refused_before_anybody_is_asked(wanted: dict[str, str]) -> None:
    with pytest.raises(problems.Problem) as caught:
        journal.search(wanted, services)
    assert caught.value.status == 422


def test_a_service_is_found_by_its_field_and_by_its_units() -> None:
    terms = journal.matches("order", services)
    assert ["SERVICE=order"] in terms
    assert ["_SYSTEMD_UNIT=longhouse-order-fleet@green.service"] in terms
    assert journal.matches("", services) == [[]]


@pytest.mark.parametrize("source", ["", "edge", "kernel"])
def test_lhctl_is_not_waited_for_when_no_service_is_meant(source: str) -> None:
    def hangs() -> list[str]:
        raise AssertionError("asked")

    assert journal.matches(source, hangs)


def raw(message: Any, **fields: Any) -> dict[str, Any]:
    return {"__REALTIME_TIMESTAMP": "1700000000000000", "MESSAGE": message, **fields}


def test_a_record_of_a_service() -> None:
    found = records.record(raw("placed", SERVICE="order", PRIORITY="4", TRACE_ID="t", _PID="1", order_id="o-1"))
    assert found is not None
    assert (found["source"], found["level"], found["trace_id"], found["time"]) == ("order", 4, "t", 1.7e9)
    assert found["fields"] == {"TRACE_ID": "t", "order_id": "o-1"}


def traceback_of(error: Exception, cause: Exception) -> str:
    def fail() -> None:
        try:
            raise cause
        except Exception as first:
            raise error from first

    with pytest.raises(type(error)) as caught:
        fail()
    return "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(("exception", "cause"), [
    (traceback_of(RuntimeError("later\nand more"), KeyError("first")), "KeyError: 'first'"),
    ("".join(traceback.format_exception(ValueError("never raised"))), ""),
    ("", ""),
])  # fmt: skip
def test_a_traceback_s_cause_is_the_error_that_came_first(exception: str, cause: str) -> None:
    found = records.record(raw("request failed", EXCEPTION=exception))
    assert found is not None
    assert found["cause"] == cause


def test_the_cause_is_told_though_its_traceback_is_longer_than_what_is_shown() -> None:
    steps = '  File "a.py", line 1, in f\n    f()\n' * records.LONGEST_MESSAGE
    found = records.record(raw("m", EXCEPTION=f"Traceback (most recent call last):\n{steps}OSError: full\n"))
    assert found is not None
    assert found["cause"] == "OSError: full"


def test_the_edge_s_line_is_told_in_words() -> None:
    line = json.dumps(
        {"method": "POST", "uri": "/api/orders", "status": 201, "request_time": 0.0123, "service": "order"}
    )
    found = records.record(raw(line, SYSLOG_IDENTIFIER="nginx_access"))
    assert found is not None
    assert (found["source"], found["message"]) == ("edge", "POST /api/orders → 201 in 12 ms")
    assert found["fields"]["service"] == "order"


def test_the_console_s_own_looking_is_left_out() -> None:
    line = json.dumps({"method": "GET", "uri": "/console/api/logs?text=x", "status": 200, "request_time": 0.1})
    assert records.record(raw(line, SYSLOG_IDENTIFIER="nginx_access")) is None


@pytest.mark.parametrize(("message", "text"), [
    ([104, 255, 105], "h\ufffdi"), (["twice", "said"], "twice said"), (None, ""), ("{broken", "{broken"),
])  # fmt: skip
def test_whatever_the_journal_holds_becomes_text(message: Any, text: str) -> None:
    found = records.record(raw(message, SYSLOG_IDENTIFIER="nginx_access"))
    assert found is not None
    assert found["message"] == text
