"""What holds for every projection: it reads records, changes none of them, and forgets retired services."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.unit.plugins import FILTERS, ROOT, filters

MASTER = "m" * 48
PLATFORM = {"environment": "sandbox", "domain": "longhouse.test"}
normalise = filters("catalogue")["catalogue_normalise"]
catalogue_secrets = filters("secrets")["catalogue_secrets"]

Projection = Callable[[list[dict[str, Any]], dict[str, str]], Any]

# How the plays call each of them.
PROJECTIONS: dict[str, Projection] = {
    "catalogue_accounts": lambda records, _: filters("base")["catalogue_accounts"](records),
    "catalogue_backups": lambda records, _: filters("backup")["catalogue_backups"](records),
    "catalogue_check": lambda records, _: filters("catalogue")["catalogue_check"](records, 200, 2000),
    "catalogue_checks": lambda records, _: filters("checks")["catalogue_checks"](records),
    "catalogue_credentials": filters("units")["catalogue_credentials"],
    "catalogue_databases": lambda records, _: filters("postgresql")["catalogue_databases"](records),
    "catalogue_edge": lambda records, _: filters("edge")["catalogue_edge"](records),
    "catalogue_firewall": lambda records, _: filters("firewall")["catalogue_firewall"](records),
    "catalogue_ports": lambda records, _: filters("catalogue")["catalogue_ports"](records),
    "catalogue_redis_users": filters("redis")["catalogue_redis_users"],
    "catalogue_releases": lambda records, _: filters("release")["catalogue_releases"](records),
    "catalogue_buildable": lambda records, _: filters("release")["catalogue_buildable"](records),
    "catalogue_scrapes": lambda records, _: filters("prometheus")["catalogue_scrapes"](records),
    "catalogue_topology": filters("rabbitmq")["catalogue_topology"],
    "catalogue_units": lambda records, secrets: filters("units")["catalogue_units"](records, PLATFORM, secrets),
}
NOT_PROJECTIONS = {
    "catalogue_inventory_problems",
    "catalogue_next_versions",
    "catalogue_normalise",
    "catalogue_read",
    "catalogue_secrets",
    "catalogue_settled_versions",
}
# They must know what is retired: to remove it, or to keep its data.
MENTION_RETIRED = {"catalogue_backups", "catalogue_databases", "catalogue_releases", "catalogue_topology"}

each = pytest.mark.parametrize("name", PROJECTIONS)


def entries(file: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))["catalogue_services"]
    return found


def project(name: str, services: list[dict[str, Any]]) -> Any:
    records = normalise(services)
    return PROJECTIONS[name](records, catalogue_secrets(records, MASTER))


def test_every_projection_is_listed_here() -> None:
    offered = {name for file in FILTERS.glob("*.py") for name in filters(file.stem) if name.startswith("catalogue_")}
    assert offered == set(PROJECTIONS) | NOT_PROJECTIONS


@each
def test_it_changes_neither_records_nor_secrets(name: str) -> None:
    records = normalise(entries("services/catalogue.yml"))
    secrets = catalogue_secrets(records, MASTER)
    before = copy.deepcopy((records, secrets))
    PROJECTIONS[name](records, secrets)
    assert (records, secrets) == before


@each
def test_it_says_the_same_each_time_and_as_plain_data(name: str) -> None:
    once, again = (json.dumps(project(name, entries("services/catalogue.yml"))) for _ in range(2))
    assert once == again


@each
@pytest.mark.parametrize("file", ["tests/catalogues/empty.yml", "tests/catalogues/many.yml"])
def test_it_takes_no_service_and_thirty(name: str, file: str) -> None:
    project(name, entries(file))


@each
def test_it_forgets_a_retired_service(name: str) -> None:
    old = {"name": "bygone", "state": "retired", "port": 8099, "path": "x", "app": "x:app", "database": {}}
    text = json.dumps(project(name, [*entries("services/catalogue.yml"), old]))
    assert ("bygone" in text) == (name in MENTION_RETIRED)


@each
def test_no_secret_of_a_service_leaves_it_but_by_its_own_way(name: str) -> None:
    records = normalise(entries("services/catalogue.yml"))
    secrets = catalogue_secrets(records, MASTER)
    text = json.dumps(PROJECTIONS[name](records, secrets))
    shown = {key for key, value in secrets.items() if json.dumps(value)[1:-1] in text}
    elsewhere = {
        "jwks", "redis/exporter_password", "backup/cipher_password", "backup/snapshot_password",
        "grafana/admin_password", "grafana/secret_key",
    }  # fmt: skip
    assert shown == (set(secrets) - elsewhere if name == "catalogue_credentials" else set())


def test_settings_cannot_take_the_place_of_what_the_platform_writes() -> None:
    (record, *_) = project("catalogue_units", entries("services/catalogue.yml"))
    for key in [*record["environment"], "COLOUR", "PORT", "SOCKET", "RELEASE"]:
        service = entries("services/catalogue.yml")[0] | {"settings": {key: "x"}}
        with pytest.raises(Exception, match=f"settings.{key}: is set by the platform"):
            normalise([service])
