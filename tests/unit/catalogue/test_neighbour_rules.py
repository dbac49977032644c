"""Mistakes between entries: each line names both sides and the way out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.catalogue.entries import entry, mistakes, normalise


def test_names_are_unique() -> None:
    (line,) = mistakes([entry(), entry("user", 8081), entry(port=8083)])
    assert line == (
        "services/catalogue.yml: service 'order': name: entries 1 and 3 are both called 'order'; rename one of them"
    )


@pytest.mark.parametrize(
    ("port", "words"),
    [
        (8082, "8082 (port) is taken by service 'order' (port)"),
        (8182, "8182 (port) is taken by service 'order' (its green port (port + 100))"),
        (7982, "8082 (its green port (port + 100)) is taken by service 'order' (port)"),
        (9082, "9082 (port) is taken by service 'order' (its metrics port (port + 1000))"),
        (7082, "8082 (its metrics port (port + 1000)) is taken by service 'order' (port)"),
        (6982, "8082 (the metrics port of green (port + 1100)) is taken by service 'order' (port)"),
    ],
)
def test_ports_of_two_services_do_not_meet(port: int, words: str) -> None:
    lines = mistakes([entry(), entry("user", port)])
    assert any(line.startswith(f"services/catalogue.yml: service 'user': port: {words}") for line in lines)
    assert all(line.endswith("is free") for line in lines)


@pytest.mark.parametrize(
    ("port", "owner"),
    [(8080, "the internal edge"), (7980, "the internal edge"), (5432, "PostgreSQL"), (5672, "RabbitMQ"),
     (15672, "RabbitMQ's management"), (4672, "RabbitMQ")],
)  # fmt: skip
def test_ports_of_the_platform_are_kept_free(port: int, owner: str) -> None:
    (line,) = mistakes([entry(port=port)])
    assert f"is taken by the platform ({owner})" in line


def test_the_port_offered_is_really_free() -> None:
    (line,) = mistakes([entry(port=8081), entry("user", 8081), entry("blog", 8082)])[:1]
    offered = int(line.rpartition("; ")[2].removesuffix(" is free"))
    normalise([entry(port=8081), entry("user", offered), entry("blog", 8082)])


@pytest.mark.parametrize(
    ("first", "second"),
    [("/api", "/api"), ("/api", "/api/orders"), ("/api/orders", "/api"), ("/", "/")],
)
def test_routes_do_not_overlap(first: str, second: str) -> None:
    (line,) = mistakes([entry(routes=[first]), entry("user", 8081, routes=[second])])
    assert line.startswith(
        f"services/catalogue.yml: service 'user': routes: {second} overlaps with {first} of service 'order'"
    )


@pytest.mark.parametrize(("first", "second"), [("/api/order", "/api/orders"), ("/api/a", "/api/b"), ("/", "/api")])
def test_routes_are_compared_part_by_part(first: str, second: str) -> None:
    assert len(normalise([entry(routes=[first]), entry("user", 8081, routes=[second])])) == 2


@pytest.mark.parametrize(
    ("mine", "theirs", "words"),
    [
        ("live", None, "there is no service 'usr' (did you mean 'user'?)"),
        ("live", "planned", "service 'user' is planned; make it live or remove it from calls of 'order'"),
        ("live", "retired", "service 'user' is retired; make it live"),
        ("planned", "retired", "service 'user' is retired; make it live"),
    ],
)
def test_a_service_calls_only_what_answers(mine: str, theirs: str | None, words: str) -> None:
    callee = entry("user", 8081, state=theirs or "live")
    (line,) = mistakes([entry(state=mine, calls=["user" if theirs else "usr"]), callee])
    assert line.startswith(f"services/catalogue.yml: service 'order': calls: {words}")


@pytest.mark.parametrize(("mine", "theirs"), [("live", "live"), ("planned", "planned"), ("retired", "retired")])
def test_calls_that_can_work_are_accepted(mine: str, theirs: str) -> None:
    assert normalise([entry(state=mine, calls=["user"]), entry("user", 8081, state=theirs)])


def events(**more: Any) -> dict[str, Any]:
    return {"events": more}


@pytest.mark.parametrize(
    ("published", "wanted"),
    [
        ("user.*", "user.*"),
        ("user.*", "user.deleted.v1"),
        ("user.deleted.v1", "user.*"),
        ("a.b.*", "a.*"),
        ("a.*", "a.b.*"),
    ],
)
def test_subscriptions_that_somebody_serves_are_accepted(published: str, wanted: str) -> None:
    publisher = entry("user", 8081, **events(publishes=[published]))
    assert normalise([entry(**events(subscribes=[wanted])), publisher])


@pytest.mark.parametrize("wanted", ["usr.*", "user.updated.v1", "userlike.*"])
def test_a_subscription_that_nobody_serves_is_a_mistake(wanted: str) -> None:
    publisher = entry("user", 8081, **events(publishes=["user.deleted.v1"]))
    (line,) = mistakes([entry(**events(subscribes=[wanted])), publisher])
    assert f"service 'order': events.subscribes: nobody publishes {wanted}" in line
    assert line.endswith("published: user.deleted.v1")


def test_a_subscription_to_a_retired_service_names_it() -> None:
    publisher = entry("user", 8081, state="retired", **events(publishes=["user.*"]))
    (line,) = mistakes([entry(**events(subscribes=["user.*"])), publisher])
    assert "user.* came from service 'user', which is retired; remove the subscription" in line


def test_the_same_pattern_of_a_retired_and_a_live_publisher_is_served() -> None:
    live = entry("user", 8081, **events(publishes=["user.*"]))
    retired = entry("people", 8083, state="retired", **events(publishes=["user.*"]))
    assert normalise([entry(**events(subscribes=["user.*"])), live, retired])


def test_a_retired_service_gives_back_its_port_and_routes_and_keeps_its_name() -> None:
    old = entry(state="retired", routes=["/api/orders"])
    assert len(normalise([old, entry("sales", 8082, routes=["/api/orders"])])) == 2
    assert "are both called 'order'" in mistakes([old, entry()])[0]
