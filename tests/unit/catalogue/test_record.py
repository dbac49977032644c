"""A record says everything about a service, so that no projection has to guess."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml

from tests.unit.catalogue.entries import entry, normalise
from tests.unit.plugins import ROOT, filters


def test_the_least_entry_becomes_a_whole_record() -> None:
    assert normalise([entry()]) == [
        {
            "name": "order",
            "state": "live",
            "port": 8082,
            "ports": {"blue": 8082, "green": 8182},
            "metrics_ports": {"blue": 9082, "green": 9182},
            "path": "services/order",
            "app": "order.main:app",
            "web": {"workers": 2, "timeout": 30, "interface": "chassis"},
            "fleet": [],
            "database": None,
            "migrate": "",
            "setup": [],
            "redis": [],
            "events": {"publishes": [], "subscribes": []},
            "credentials": [],
            "supplied": [],
            "calls": [],
            "routes": [],
            "health": {"live": "/livez", "ready": "/readyz"},
            "limits": {
                "memory": "384M", "memory_bytes": 384 * 1024**2, "tasks": 256, "body": "64k",
                "requests_per_second": 50, "burst": 100,
            },
            "settings": {},
            "ready_path": "/readyz",
            "vhost": "longhouse",
            "user": "longhouse_order",
            "migrator": "migrate_order",
            "owner": "owner_order",
            "database_name": "longhouse_order",
            "queues": [],
        }
    ]  # fmt: skip


def test_what_is_written_outranks_defaults_key_by_key() -> None:
    (record,) = normalise([entry(web={"workers": 4}, database={}, limits={"requests_per_second": 7, "memory": "2G"})])
    assert record["web"] == {"workers": 4, "timeout": 30, "interface": "chassis"}
    assert record["database"] == {"pool": 5, "invariants": {}}
    assert (record["limits"]["burst"], record["limits"]["memory_bytes"]) == (14, 2 * 1024**3)


def test_fleet_programs_are_completed_and_their_queues_named() -> None:
    fleet = [
        {"program": "relay", "command": "order-relay"},
        {"program": "worker", "celery": "orders.celery_app:app", "queues": ["email", "sms"], "concurrency": 2},
    ]
    (record,) = normalise([entry(fleet=fleet)])
    assert record["fleet"][0] == {
        "program": "relay", "command": "order-relay", "celery": "", "queues": [], "concurrency": 1, "beat": False,
        "stop_timeout": 30,
    }  # fmt: skip
    assert record["queues"] == ["order.email", "order.sms"]


@pytest.mark.parametrize(
    ("change", "vhost"),
    [
        ({}, "blog"),
        ({"fleet": []}, "longhouse"),
        ({"web": {"interface": "chassis"}}, "longhouse"),
        ({"events": {"publishes": ["blog.*"]}}, "longhouse"),
    ],
)
def test_an_application_of_others_with_a_fleet_has_the_broker_to_itself(change: dict[str, Any], vhost: str) -> None:
    fleet = [{"program": "worker", "celery": "blog:queue", "queues": ["mail"]}]
    fields = {"name": "blog", "web": {"interface": "asgi"}, "fleet": fleet} | change
    assert normalise([entry(**fields)])[0]["vhost"] == vhost


def test_settings_become_the_text_of_an_environment_file() -> None:
    (record,) = normalise([entry(settings={"DEBUG": False, "TOKEN_LIFETIME": 7, "GREETING": "hello"})])
    assert record["settings"] == {"DEBUG": "false", "TOKEN_LIFETIME": "7", "GREETING": "hello"}


def test_supplied_secrets_are_credentials_of_the_service() -> None:
    (record,) = normalise([entry(credentials=["signing_key"], supplied=["smtp_password"])])
    assert (record["credentials"], record["supplied"]) == (["signing_key", "smtp_password"], ["smtp_password"])


def test_overrides_merge_by_name_and_deeply() -> None:
    services = [entry(web={"workers": 5}, redis=["cache"], limits={"memory": "256M"}), entry("user", 8081)]
    order, user = normalise(services, {"order": {"web": {"timeout": 60}, "redis": ["state"], "state": "planned"}})
    assert (order["web"], order["redis"], order["state"]) == (
        {"workers": 5, "timeout": 60, "interface": "chassis"},
        ["state"],
        "planned",
    )
    assert (order["limits"]["memory"], user["state"]) == ("256M", "live")


def test_an_override_can_take_a_database_away() -> None:
    (record,) = normalise([entry(database={"pool": 5})], {"order": {"database": None}})
    assert record["database"] is None


def test_neither_entries_nor_overrides_are_changed() -> None:
    services, overrides = [entry(web={"workers": 2})], {"order": {"web": {"timeout": 60}}}
    normalise(services, overrides)[0]["web"]["workers"] = 99
    assert (services, overrides) == ([entry(web={"workers": 2})], {"order": {"web": {"timeout": 60}}})


def test_records_share_nothing_with_each_other() -> None:
    first, second = normalise([entry("order", 8082), entry("user", 8081)])
    first["routes"].append("/x")
    first["limits"]["memory"] = "1G"
    assert (second["routes"], second["limits"]["memory"]) == ([], "384M")
    assert normalise([entry()])[0]["routes"] == []


def test_our_own_catalogue_is_sound() -> None:
    services = filters("catalogue")["catalogue_read"]((ROOT / "services/catalogue.yml").read_text(), "catalogue.yml")
    names = [record["name"] for record in normalise(services["catalogue_services"])]
    assert names == ["user", "order", "notification"]


def test_an_empty_catalogue_is_sound() -> None:
    assert normalise([]) == []


@pytest.mark.parametrize("file", sorted((ROOT / "tests/catalogues").glob("*.yml")), ids=lambda path: path.stem)
def test_every_catalogue_of_the_tests_is_sound(file: Any) -> None:
    normalise(yaml.safe_load(file.read_text())["catalogue_services"])


def test_thirty_services_take_no_time() -> None:
    services = yaml.safe_load((ROOT / "tests/catalogues/many.yml").read_text())["catalogue_services"]
    begun = time.process_time()
    assert len(normalise(services)) == 30
    assert time.process_time() - begun < 0.2
