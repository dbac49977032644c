"""What the edge is told about the catalogue."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.nginx.rendering import filters, service

catalogue_edge = filters("edge")["catalogue_edge"]
edge_serves_addresses = filters("edge")["edge_serves_addresses"]


def routed(*services: dict[str, Any]) -> list[dict[str, Any]]:
    return list(catalogue_edge(list(services)))


def test_live_services_are_routed_by_name() -> None:
    result = routed(service("user", "/api/users"), service("order", "/api/orders"))
    assert [entry["name"] for entry in result] == ["order", "user"]


def test_planned_and_retired_services_are_not_routed() -> None:
    assert routed(service("next", "/n", state="planned"), service("old", "/o", state="retired")) == []


def test_a_service_is_described_by_what_nginx_needs() -> None:
    assert routed(service("order", "/api/orders")) == [
        {
            "name": "order",
            "locations": ["= /api/orders", "/api/orders/"],
            "ready": "/readyz",
            "ours": True,
            "body": "64k",
            "timeout": 30,
            "read": {"rate": 50, "burst": 100},
            "write": {"rate": 10, "burst": 20},
        }
    ]


def test_a_write_is_allowed_even_to_the_slowest_service() -> None:
    assert routed(service("slow", "/s", rate=1))[0]["write"] == {"rate": 1, "burst": 1}


def test_the_root_route_is_one_location() -> None:
    assert routed(service("site", "/"))[0]["locations"] == ["/"]


@pytest.mark.parametrize(
    ("names", "expected"),
    [(["longhouse.test"], False), (["longhouse.test", "10.0.0.2"], True), (["::1"], True), ([], False)],
)
def test_addresses_among_the_names(names: list[str], expected: bool) -> None:
    assert edge_serves_addresses(names) is expected
