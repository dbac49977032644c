"""Databases and sizes, seen from the catalogue and from the host's memory."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.plugins import filters

databases = filters("postgresql")["catalogue_databases"]
budget = filters("postgresql")["postgresql_budget"]
sizing = filters("postgresql")["postgresql_sizing"]


def service(name: str, **fields: Any) -> dict[str, Any]:
    names = {"user": f"longhouse_{name}", "migrator": f"migrate_{name}", "owner": f"owner_{name}"}
    record = {"name": name, "state": "live", "database_name": f"longhouse_{name}", "database": {"pool": 5}}
    return record | names | {"web": {"workers": 2}, "fleet": []} | fields


def test_a_service_without_a_database_is_not_listed() -> None:
    assert [entry["name"] for entry in databases([service("a", database=None), service("b")])] == ["longhouse_b"]


def test_a_retired_service_keeps_its_database_and_loses_its_login() -> None:
    (gone,) = databases([service("gone", state="retired")])
    assert (gone["name"], gone["login"]) == ("longhouse_gone", False)


def test_connections_cover_both_colours_and_the_fleet() -> None:
    relay = {"program": "relay", "concurrency": 1, "beat": False}
    (plain,), (with_fleet,) = databases([service("a")]), databases([service("a", fleet=[relay])])
    assert plain["connections"] >= 2 * 2 * 5
    assert with_fleet["connections"] > plain["connections"]


def test_the_budget_leaves_most_of_the_host_to_the_services() -> None:
    assert budget("MemTotal:        4194304 kB\nMemFree: 1 kB\n") == 1638


@pytest.mark.parametrize(("memory_mb", "connections"), [(256, 200), (1638, 200), (9600, 200), (200_000, 500)])
def test_sizes_stay_within_the_budget_and_above_their_floors(memory_mb: int, connections: int) -> None:
    size = {key: int(value.removesuffix("MB")) for key, value in sizing(memory_mb, connections).items()}
    assert 64 <= size["shared_buffers"] <= max(64, memory_mb // 4)
    assert 4 <= size["work_mem"] <= 64
    assert size["effective_cache_size"] >= size["shared_buffers"]
    if size["work_mem"] > 4:
        assert size["work_mem"] * connections + size["shared_buffers"] <= memory_mb
