"""Rules between the catalogue, the inventory and the host."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.catalogue.entries import entry, normalise
from tests.unit.plugins import filters

catalogue_check = filters("catalogue")["catalogue_check"]
catalogue_ports = filters("catalogue")["catalogue_ports"]
inventory_problems = filters("catalogue")["catalogue_inventory_problems"]

SOUND = {"environment": "production", "domain": "shop.example.org", "server_names": ["shop.example.org", "192.0.2.7"]}


def two(**order: Any) -> Any:
    order_entry = entry(database={"pool": 5}, web={"workers": 2}, fleet=[{"program": "relay", "command": "relay"}])
    return normalise([order_entry | order, entry("user", 8081, database={"pool": 5}, web={"workers": 1})])


def test_services_that_fit_the_host_are_fine() -> None:
    assert catalogue_check(two(), max_connections=200, memory_mb=2000) == []


def test_connections_of_both_colours_and_the_fleet_must_fit() -> None:
    needed = 2 * (2 * 5 + 2) + 2 * 5 + 13
    assert catalogue_check(two(), max_connections=needed, memory_mb=2000) == []
    (line,) = catalogue_check(two(), max_connections=needed - 1, memory_mb=2000)
    assert line.startswith(f"the services may open {needed} database connections (order 24, user 10, 13 spare)")
    assert f"PostgreSQL accepts {needed - 1}; lower database.pool or web.workers" in line


def test_memory_limits_must_fit() -> None:
    needed = 2 * 384 + 640
    assert catalogue_check(two(), max_connections=200, memory_mb=needed) == []
    (line,) = catalogue_check(two(), max_connections=200, memory_mb=needed - 1)
    assert f"{needed} MiB of memory (order 384, user 384, 640 for the platform) and the host has {needed - 1}" in line


def test_a_retired_service_needs_nothing() -> None:
    assert catalogue_check(two(state="retired"), max_connections=10 + 13, memory_mb=384 + 640) == []


def test_the_ports_of_both_colours_and_of_the_platform_are_needed() -> None:
    plan = {line["port"]: line["unit"] for line in catalogue_ports(two(state="retired"))}
    assert plan == {
        80: "nginx.service", 443: "nginx.service", 8080: "nginx.service", 5672: "rabbitmq-server.service",
        15672: "rabbitmq-server.service", 8081: "longhouse-*", 8181: "longhouse-*",
        9081: "longhouse-*", 9181: "longhouse-*", 15692: "rabbitmq-server.service", 9090: "prometheus.service",
        9093: "prometheus-alertmanager.service", 9100: "prometheus-node-exporter.service",
        9113: "prometheus-nginx-exporter.service", 9115: "prometheus-blackbox-exporter.service",
        9121: "prometheus-redis-exporter.service", 9187: "prometheus-postgres-exporter.service",
    }  # fmt: skip


def test_a_sound_inventory_has_no_problems() -> None:
    assert inventory_problems(SOUND) == []
    assert inventory_problems({"environment": "sandbox", "domain": "10.213.0.2", "server_names": ["10.213.0.2"]}) == []
    for source in (
        "",
        "https://tracker.example.org/debsecan/release/1/",
        "https://192.0.2.7:8443",
        "https://[2001:db8::7]/x",
    ):
        assert inventory_problems(SOUND | {"vulnerability_source": source}) == [], source


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"environment": ""}, "platform_environment: missing; write one of sandbox, staging, production"),
        (
            {"environment": "prodction"},
            "'prodction' will not do; write one of sandbox, staging, production (did you mean",
        ),
        ({"domain": ""}, "platform_domain: missing; write the name clients use"),
        ({"domain": "https://shop.example.org"}, "platform_domain: 'https://shop.example.org' will not do"),
        (
            {"vulnerability_source": "http://tracker.example.org/"},
            "platform_vulnerability_source: 'http://tracker.example.org/' will not do; write an address such as https:",
        ),
        (
            {"vulnerability_source": "https://a/$(x) --y"},
            "platform_vulnerability_source: 'https://a/$(x) --y' will not",
        ),
        ({"vulnerability_source": "https://a/%h"}, "platform_vulnerability_source: 'https://a/%h' will not do"),
        ({"vulnerability_source": "https://a:99999/"}, "platform_vulnerability_source: 'https://a:99999/' will not do"),
        ({"vulnerability_source": "tracker"}, "platform_vulnerability_source: 'tracker' will not do"),
        ({"server_names": []}, "platform_server_names: missing; write a list"),
        ({"server_names": "shop.example.org"}, "platform_server_names: 'shop.example.org' will not do; write a list"),
        ({"server_names": ["a b"]}, "platform_server_names: ['a b'] will not do"),
        (
            {"server_names": ["other.example.org"]},
            "platform_server_names: 'shop.example.org' of platform_domain is missing",
        ),
    ],
)
def test_what_the_inventory_lacks_is_one_line(change: dict[str, Any], words: str) -> None:
    (line,) = inventory_problems(SOUND | change)
    assert line.startswith("inventories/<environment>/group_vars/all/platform.yml: ")
    assert words in line


def test_everything_the_inventory_lacks_is_told_at_once() -> None:
    assert len(inventory_problems({})) == 3


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_failpoints_are_for_the_sandbox_alone(environment: str) -> None:
    records = two(settings={"FAILPOINTS": True})
    assert inventory_problems(SOUND | {"environment": "sandbox"}, records) == []
    (line,) = inventory_problems(SOUND | {"environment": environment}, records)
    assert "service 'order': settings.FAILPOINTS: lets tests kill the service and is for sandbox hosts alone" in line
