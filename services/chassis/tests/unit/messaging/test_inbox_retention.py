"""The inbox remembers for longer than anything can bring an event again."""

from datetime import timedelta

from chassis.messaging import inbox
from chassis.messaging.topology import STREAM_MAX_AGE


def test_the_inbox_outlives_the_stream() -> None:
    assert STREAM_MAX_AGE.endswith("D")
    assert timedelta(days=int(STREAM_MAX_AGE.removesuffix("D")) + 1) < inbox.RETENTION
