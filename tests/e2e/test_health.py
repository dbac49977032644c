"""/health tells anyone whether the house stands, and what runs in it."""

from __future__ import annotations

import pytest

from tests.e2e.client import Client

SERVICES = {"user", "order", "notification"}


def test_the_house_is_healthy(anybody: Client) -> None:
    response = anybody.get("/health")
    assert response.status_code == 200
    told = response.json()
    assert told["status"] == "ok"
    assert told["services"].keys() == SERVICES
    for service in told["services"].values():
        assert service["status"] == "ok"
        assert service["version"]
        assert service["colour"] in ("blue", "green")


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_each_service_says_what_it_checks(anybody: Client, service: str) -> None:
    response = anybody.get(f"/health/{service}")
    assert response.status_code == 200
    told = response.json()
    assert told.keys() >= {"status", "version", "colour", "checks"}
    assert told["checks"]
    assert {check["status"] for check in told["checks"].values()} == {"ok"}


def test_health_tells_nothing_of_addresses_or_secrets(anybody: Client) -> None:
    text = anybody.get("/health/user").text
    assert not any(word in text.lower() for word in ("postgresql://", "unix:", "password", "/run/"))
