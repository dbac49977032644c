"""Mistakes within one entry: each is a line that names the entry, the key and what to write."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.catalogue.entries import entry, mistakes, normalise

CELERY = {"program": "worker", "celery": "orders.celery_app:app", "queues": ["email"]}
BEAT = {"program": "beat", "celery": "orders.celery_app:app", "beat": True}

SHAPES: list[tuple[dict[str, Any], str]] = [
    ({"prot": 1}, "prot: unknown key (did you mean 'port'?)"),
    ({"zzz": 1}, "zzz: unknown key; known keys: name, state, port"),
    ({"web": {"wrokers": 2}}, "web.wrokers: unknown key (did you mean 'workers'?)"),
    ({"fleet": [{"program": "relay", "comand": "x"}]}, "fleet[0].comand: unknown key (did you mean 'command'?)"),
    ({"fleet": [{"command": "x"}]}, "fleet[0].program: missing; add `program: <text>`"),
    ({"port": "8082"}, "port: expected a whole number, found '8082'; remove the quotes"),
    ({"port": True}, "port: expected a whole number, found True"),
    ({"app": ["a"]}, "app: expected text, found ['a']"),
    ({"routes": "/api"}, "routes: expected a list, found '/api'; write [/api]"),
    ({"web": 2}, "web: expected a mapping, found 2"),
    ({"redis": ["cash"]}, "redis[0]: 'cash' is none of cache, state (did you mean 'cache'?)"),
    ({"state": "lvie"}, "state: 'lvie' is none of planned, live, retired (did you mean 'live'?)"),
    ({"fleet": [BEAT | {"beat": "yes"}]}, "fleet[0].beat: expected true or false, found 'yes'"),
]
SPELLINGS: list[tuple[dict[str, Any], str]] = [
    ({"name": "Order"}, "name: 'Order' does not fit; write 2 to 20 of a-z, 0-9 and _"),
    ({"name": "o"}, "name: 'o' does not fit"),
    ({"name": "a" * 21}, "does not fit"),
    ({"name": "my-order"}, "name: 'my-order' does not fit"),
    ({"name": "rabbitmq"}, "name: 'rabbitmq' belongs to the platform"),
    ({"path": "/srv/order"}, "path: '/srv/order' does not fit; write a directory inside the repository"),
    ({"path": "services/../../etc"}, "path: 'services/../../etc' does not fit"),
    ({"app": "orders.main"}, "app: 'orders.main' does not fit; write module:attribute"),
    ({"routes": ["/api/orders/"]}, "routes[0]: '/api/orders/' does not fit; write a path prefix without a slash"),
    ({"routes": ["api"]}, "routes[0]: 'api' does not fit"),
    ({"routes": ["/a b"]}, "routes[0]: '/a b' does not fit"),
    ({"routes": ["/health/order"]}, "routes[0]: '/health/order' is answered by the edge itself (/health)"),
    ({"limits": {"memory": "384"}}, "limits.memory: '384' does not fit; write a size such as 384M"),
    ({"limits": {"memory": "0M"}}, "limits.memory: '0M' does not fit"),
    ({"limits": {"body": "64K"}}, "limits.body: '64K' does not fit; write a size such as 64k"),
    ({"events": {"publishes": ["order"]}}, "events.publishes[0]: 'order' does not fit; write a type such as"),
    ({"credentials": ["Key"]}, "credentials[0]: 'Key' does not fit"),
    ({"setup": ["x; rm -rf /"]}, "setup[0]: 'x; rm -rf /' does not fit; write a console script"),
    ({"fleet": [{"program": "relay", "command": "x %(y)s"}]}, "fleet[0].command: 'x %(y)s' does not fit"),
    ({"app": "{{ x }}:app"}, "app: the catalogue is data, without Jinja; use catalogue_overrides"),
    ({"settings": {"A": "{{ lookup('env', 'HOME') }}"}}, "settings.A: the catalogue is data, without Jinja"),
]
RANGES: list[tuple[dict[str, Any], str]] = [
    ({"port": 80}, "port: 80 is outside 1024 to 64000"),
    ({"port": 65000}, "port: 65000 is outside 1024 to 64000"),
    ({"web": {"workers": 0}}, "web.workers: 0 is outside 1 to 64"),
    ({"web": {"timeout": 0}}, "web.timeout: 0 is outside 1 to 3600"),
    ({"database": {"pool": 0}}, "database.pool: 0 is outside 1 to 100"),
    ({"limits": {"requests_per_second": 0}}, "limits.requests_per_second: 0 is outside 1"),
    ({"fleet": [CELERY | {"concurrency": 0}]}, "fleet[0].concurrency: 0 is outside 1 to 64"),
]
COMPANIONS: list[tuple[dict[str, Any], str]] = [
    ({"fleet": [{"program": "x"}]}, "fleet[0]: program 'x' needs either command or celery"),
    ({"fleet": [CELERY | {"command": "x"}]}, "fleet[0]: program 'worker' needs either command or celery"),
    ({"fleet": [{"program": "x", "command": "x", "queues": ["a"]}]}, "fleet[0]: queues, concurrency and beat belong"),
    ({"fleet": [CELERY | {"queues": []}]}, "fleet[0]: a Celery program has either queues (a worker) or beat: true"),
    ({"fleet": [CELERY | {"beat": True}]}, "fleet[0]: a Celery program has either queues (a worker) or beat: true"),
    ({"fleet": [BEAT, BEAT | {"program": "b2"}]}, "fleet: 'beat' and 'b2' are both beat; a schedule runs once"),
    ({"fleet": [CELERY | {"queues": ["events"]}]}, "fleet[0].queues: 'events' is the queue of the service's"),
    ({"fleet": [BEAT, {"program": "beat", "command": "x"}]}, "fleet[1].program: 'beat' is there twice; remove one"),
    ({"routes": ["/a", "/a"]}, "routes[1]: '/a' is there twice; remove one"),
    ({"migrate": "order-migrate"}, "migrate: there is no database to migrate; add `database: {}`"),
    ({"calls": ["order"]}, "calls: a service does not call itself"),
    ({"credentials": ["redis_password"]}, "credentials: every service has 'redis_password' already"),
    ({"credentials": ["x"], "supplied": ["x"]}, "supplied: 'x' is in credentials too"),
    ({"settings": {"lower": "x"}}, "settings.lower: does not fit; write capitals, digits and _"),
    ({"settings": {"DATABASE_URL": "x"}}, "settings.DATABASE_URL: is set by the platform"),
    ({"settings": {"STRIPE_TOKEN": "x"}}, "settings.STRIPE_TOKEN: looks like a secret, and settings are readable"),
    ({"settings": {"A": "x\ny"}}, "settings.A: expected text, a number or true/false on one line"),
    ({"settings": {"A": ["x"]}}, "settings.A: expected text, a number or true/false on one line"),
]


@pytest.mark.parametrize(("change", "words"), [*SHAPES, *SPELLINGS, *RANGES, *COMPANIONS])
def test_a_mistake_is_one_line_that_says_where_and_what_to_write(change: dict[str, Any], words: str) -> None:
    service = entry() | change
    (line,) = mistakes([service])
    assert line.startswith(f"services/catalogue.yml: service '{service['name']}': ")
    assert words in line


@pytest.mark.parametrize("key", ["name", "port", "path", "app"])
def test_a_missing_key_is_named(key: str) -> None:
    service = entry()
    del service[key]
    (line,) = mistakes([entry("user", 8081), service])
    assert f"{key}: missing; add `{key}:" in line
    assert line.startswith("services/catalogue.yml: " + ("entry 2: " if key == "name" else "service 'order': "))


@pytest.mark.parametrize("services", [None, {}, "order", 7])
def test_a_catalogue_that_is_no_list_is_refused(services: Any) -> None:
    assert mistakes(services)[0].startswith("services/catalogue.yml: catalogue_services: expected a list of entries")


@pytest.mark.parametrize("service", [None, "order", ["order"]])
def test_an_entry_that_is_no_mapping_is_refused(service: Any) -> None:
    assert mistakes([entry(), service])[0].startswith("services/catalogue.yml: entry 2: expected a mapping")


def test_all_mistakes_are_reported_together() -> None:
    lines = mistakes([entry(prot=1, routes=["x"]), entry("user", 8082, calls=["nobody"])], {"usr": {}})
    assert len(lines) == 5


def test_the_file_in_use_is_named() -> None:
    with pytest.raises(Exception, match=r"inventories/x/catalogue\.yml: service 'order': prot"):
        normalise([entry(prot=1)], {}, "playbooks/../inventories/x/catalogue.yml")


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"ordr": {}}, "service 'ordr': the catalogue has no such service (did you mean 'order'?)"),
        ({"order": {"web": {"wrokers": 1}}}, "service 'order': web.wrokers: unknown key (did you mean 'workers'?)"),
        ({"order": {"port": "1"}}, "service 'order': port: expected a whole number"),
        ({"order": {"name": "other"}}, "service 'order': name: a service cannot be renamed"),
        ({"order": 7}, "service 'order': expected a mapping of keys to change"),
        (["order"], "expected service names with changes"),
    ],
)
def test_mistakes_in_overrides_name_the_inventory(overrides: Any, words: str) -> None:
    (line,) = mistakes([entry()], overrides)
    assert line.startswith("catalogue_overrides of the inventory: ")
    assert words in line


def test_rules_hold_for_what_overrides_make_of_an_entry() -> None:
    (line,) = mistakes([entry(), entry("user", 8081)], {"order": {"port": 8081}})
    assert "8081" in line
