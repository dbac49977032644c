"""When a release counts as worse than the one before."""

from __future__ import annotations

import os

import pytest

from lhctl.access import Tail, request_of
from lhctl.ports import Request
from lhctl.verdict import Sample, at_least, objection


def sample(count: int, errors: int = 0, seconds: float = 0.02, slow: int = 0, slow_seconds: float = 0.0) -> Sample:
    found = Sample()
    for number in range(count):
        status = 500 if number < errors else 200
        found.add(Request(0.0, status, slow_seconds if number < slow else seconds, 0))
    return found


@pytest.mark.parametrize(
    ("new", "old", "complaint"),
    [
        (sample(0), sample(0), ""),
        (sample(1000), sample(1000), ""),
        (sample(100, errors=5), sample(1000), "5 of 100 answers are 5xx"),
        (sample(3, errors=3), sample(0), "3 of 3 answers are 5xx"),
        (sample(2, errors=2), sample(0), ""),
        (sample(1000, errors=4), sample(1000), ""),
        (sample(200, errors=100), sample(200, errors=100), ""),
        (sample(400, seconds=0.3), sample(400, seconds=0.1), "p95 is 300 ms (before: 100 ms)"),
        (sample(400, seconds=0.03), sample(400, seconds=0.01), ""),
        (sample(400, seconds=0.19), sample(400, seconds=0.1), ""),
        (sample(400, slow=16, slow_seconds=2.0), sample(400, slow=16, slow_seconds=2.0), ""),
        (sample(40, seconds=0.3), sample(400, seconds=0.1), ""),
    ],
)
def test_worse_is_what_is_surely_worse(new: Sample, old: Sample, complaint: str) -> None:
    assert objection(new, old).startswith(complaint)
    assert bool(objection(new, old)) == bool(complaint)


def test_one_failure_in_two_hundred_hardly_ever_reverts() -> None:
    """Within the tolerated 1 %: no run of a steady 0.5 % is called worse."""
    assert not any(objection(sample(200 * n, errors=n), sample(500)) for n in range(1, 40))


def test_the_bound_is_below_the_share_and_nears_it() -> None:
    assert at_least(5, 100, 2.0) == pytest.approx(0.0216, abs=0.001)
    assert 0.048 < at_least(5000, 100_000, 2.0) < 0.05


def test_warming_up_counts_for_errors_only() -> None:
    found = Sample()
    found.add(Request(0.0, 500, 9.0, 0), timed=False)
    assert (found.count, found.errors, found.p95) == (1, 1, 0.0)


LINE = (
    b'{"upstream":"%s","request_time":0.012,"time":1800000000.5,"status":502,"service":"order","colour":"",'
    b'"release":""}'
)


def test_a_line_of_the_edge_tells_link_time_and_end() -> None:
    twice = b"unix:/run/longhouse/order/upstream/03, unix:/run/longhouse/order/upstream/17"
    assert request_of(LINE % twice) == Request(1_800_000_000.5, 502, 0.012, 17)


def test_a_tail_has_caught_up_when_its_mark_came_through() -> None:
    """And not before, whatever came; half a line waits for its other half."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    tail = Tail(reader, "order", "order watched by 1")
    first, second = LINE % b"/upstream/03", LINE % b"/upstream/04"
    os.write(writer, first + b"\n" + second[:20])
    assert [request.link for request in tail.read()] == [3]
    assert not tail.caught_up
    os.write(writer, second[20:] + b"\norder watched by 1\n")
    assert [request.link for request in tail.read()] == [4]
    assert tail.caught_up
    os.close(writer)
    os.close(reader)


@pytest.mark.parametrize("line", [LINE % b"", LINE % b"-", b"{", b'{"service":"order"}', b"[]"])
def test_other_lines_are_passed_over(line: bytes) -> None:
    assert request_of(line) is None
