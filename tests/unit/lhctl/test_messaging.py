"""The operator's hand on events, apart from broker and database (tests/e2e/test_operator_events.py has those)."""

from __future__ import annotations

import json
from collections import deque
from pathlib import Path
from typing import Any

import amqp  # type: ignore[import-untyped]
import pytest

from lhctl.errors import RefusedError
from lhctl.messaging import dead_letters, overview, replay
from lhctl.messaging.broker import QueueDepth
from lhctl.messaging.dead_letters import DeadLetter
from lhctl.messaging.outbox import OutboxState
from lhctl.messaging.overview import Overview


class Channel:
    """A broker in memory: dead queues by name, what was published, and what was acknowledged."""

    def __init__(self, *messages: Any, unconfirmed: int = 10**6) -> None:
        self.waiting = deque(messages)
        self.published: list[tuple[str, Any]] = []
        self.acknowledged: list[int] = []
        self.unconfirmed = unconfirmed
        self.connection = self
        for tag, message in enumerate(messages, start=1):
            message.delivery_info = {"delivery_tag": tag, "routing_key": message.properties.get("type", "")}

    def basic_get(self, queue: str) -> Any:
        assert queue == "order.events.dead"
        return self.waiting.popleft() if self.waiting else None

    def basic_ack(self, delivery_tag: int) -> None:
        self.acknowledged.append(delivery_tag)

    def basic_publish(self, message: Any, *, exchange: str, routing_key: str, mandatory: bool, timeout: float) -> None:
        if len(self.published) == self.unconfirmed:
            raise OSError("the broker went away")
        assert (exchange, mandatory) == ("", True)
        assert timeout > 0
        self.published.append((routing_key, message))

    def basic_qos(self, size: int, count: int, a_global: bool) -> None:
        assert (size, a_global) == (0, False)
        assert count > 1

    def basic_consume(self, queue: str, callback: Any, arguments: dict[str, Any]) -> str:
        assert queue == "events.stream"
        self.callback = callback
        for message in list(self.waiting)[arguments["x-stream-offset"] :]:
            callback(message)
        return "tag"

    def basic_cancel(self, tag: str) -> None:
        assert tag == "tag"

    def drain_events(self, timeout: float) -> None:
        raise TimeoutError


def dead(event_id: str, **headers: Any) -> Any:
    return amqp.Message('{"a": 1}', message_id=event_id, type="user.updated.v1", application_headers=headers)


def test_the_consumers_reason_comes_first_then_the_brokers() -> None:
    ours = dead_letters.read(dead("1", **{"x-reason": "no such field", "x-tries": 5, "x-died-at": "t"}), "order.events")
    assert ours == DeadLetter("1", "order.events", "user.updated.v1", "no such field", 5, "t", {"a": 1})
    theirs = dead_letters.read(dead("2", **{"x-first-death-reason": "delivery_limit"}), "order.events")
    assert "delivered too often" in theirs.reason
    assert dead_letters.read(dead("3"), "order.events").reason == "not said"


def test_a_message_without_id_or_json_still_has_a_name_and_a_body() -> None:
    letter = dead_letters.read(amqp.Message(b"\xff\x00"), "order.events")
    assert len(letter.id) == 16
    assert letter.body == {"base64": "/wA="}


def test_a_message_leaves_the_dead_only_after_its_copy_is_safe() -> None:
    channel = Channel(dead("1", **{"x-reason": "r", "kept": "k"}), dead("2"), unconfirmed=1)
    held = dead_letters.hold(channel, "order.events", 10)
    with pytest.raises(OSError, match="went away"):
        dead_letters.redrive(channel, held, lambda _: None)
    assert channel.acknowledged == [1]
    ((queue, copy),) = channel.published
    assert (queue, copy.properties["application_headers"]) == ("order.events", {"kept": "k"})
    assert (copy.properties["message_id"], copy.properties["delivery_mode"]) == ("1", 2)


def test_what_is_dropped_is_written_down_first(tmp_path: Path) -> None:
    keep = tmp_path / "state/dropped"
    channel = Channel(dead("1"), dead("2"))
    assert dead_letters.drop(channel, dead_letters.hold(channel, "order.events", 10), keep) == ["1", "2"]
    assert [json.loads(line)["id"] for line in keep.read_text().splitlines()] == ["1", "2"]
    assert keep.stat().st_mode & 0o777 == 0o600
    assert channel.acknowledged == [1, 2]


def test_an_id_that_is_not_dead_is_refused() -> None:
    with pytest.raises(RefusedError, match="no dead letter 9; lhctl dead-letters list"):
        dead_letters.chosen([dead_letters.read(dead("1"), "q")], ["1", "9"])


@pytest.mark.parametrize(
    ("keys", "key", "fits"),
    [
        (["user.#"], "user.updated.v1", True),
        (["user.#"], "user", True),
        (["user.#"], "users.updated.v1", False),
        (["order.placed.*"], "order.placed.v1", True),
        (["order.placed.*"], "order.placed", False),
        (["order.*"], "order.placed.v1", False),
        (["#"], "order.placed.v1", True),
        ([], "order.placed.v1", False),
    ],
)
def test_patterns_mean_what_they_mean_to_the_broker(keys: list[str], key: str, fits: bool) -> None:
    assert bool(replay.pattern(keys).fullmatch(key)) is fits


def stream(*types: str) -> list[Any]:
    return [
        amqp.Message("{}", type=type_, application_headers={"x-stream-offset": offset})
        for offset, type_ in enumerate(types)
    ]


def test_a_replay_sends_what_is_wanted_in_its_order_from_where_it_is_told() -> None:
    channel = Channel(*stream("user.a.v1", "order.a.v1", "user.b.v1"))
    progress = replay.Progress()
    replay.run(channel, "order.events", lambda key: key.startswith("user."), 1, progress=progress)
    assert [(queue, message.properties["type"]) for queue, message in channel.published] == [
        ("order.events", "user.b.v1")
    ]
    assert (progress.seen, progress.sent, progress.offset, progress.types) == (2, 1, 2, {"user.b.v1": 1})


def test_a_replay_that_is_cut_off_says_where_to_go_on() -> None:
    channel = Channel(*stream("user.a.v1", "user.b.v1", "user.c.v1"), unconfirmed=2)
    progress = replay.Progress()
    with pytest.raises(OSError, match="went away"):
        replay.run(channel, "order.events", lambda _: True, 0, progress=progress)
    assert (progress.sent, progress.offset) == (2, 1)


def test_a_dry_run_counts_and_sends_nothing() -> None:
    channel = Channel(*stream("user.a.v1"))
    progress = replay.Progress()
    replay.run(channel, "order.events", lambda _: True, 0, progress=progress, dry=True)
    assert (channel.published, progress.sent) == ([], 1)


def test_the_overview_tells_depth_age_and_reasons() -> None:
    found = Overview(
        {"order": OutboxState(waiting=2, oldest_seconds=3.5, failing=1, dead=4)},
        [QueueDepth("order.events", 1, 0, 1), QueueDepth("order.events.dead", 2, 0, 0)],
    )
    assert "no dead letters" in overview.as_text(found, {})
    assert overview.of_service(found, "order")["queues"]["order.events"] == {
        "ready": 1, "unacknowledged": 0, "consumers": 1,
    }  # fmt: skip
    assert overview.of_service(found, "user") == {"outbox": None, "queues": {}}
    text = overview.as_text(found, {("order.events", "broken"): 2})
    assert "3.5 s" in text
    assert "2 dead in order.events: broken" in text
