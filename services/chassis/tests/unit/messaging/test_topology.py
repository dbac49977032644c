"""Names the platform's operators and roles rely on."""

import pytest

from chassis.messaging.topology import binding_key, dead_queue, events_queue, subscriber_arguments


def test_names() -> None:
    assert events_queue("order") == "order.events"
    assert dead_queue("order.events") == "order.events.dead"


@pytest.mark.parametrize(("pattern", "key"), [("user.*", "user.#"), ("order.placed.v1", "order.placed.v1"), ("#", "#")])
def test_a_pattern_of_the_catalogue_covers_all_three_words(pattern: str, key: str) -> None:
    assert binding_key(pattern) == key


def test_at_least_once_dead_lettering_has_what_it_needs() -> None:
    arguments = subscriber_arguments("order.events")
    assert arguments["x-dead-letter-strategy"] == "at-least-once"
    assert arguments["x-overflow"] == "reject-publish"
    assert arguments["x-dead-letter-routing-key"] == "order.events"
