"""Exporters' units: what a host needs runs, and follows the files it reads when it starts."""

from __future__ import annotations

from typing import Any

import yaml

from tests.unit.plugins import ROOT, filters

units = filters("exporters")["exporters_units"]


def exporters() -> dict[str, dict[str, Any]]:
    variables: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load(
        (ROOT / "roles/exporters/vars/main.yml").read_text()
    )
    return variables["exporters_all"]


def test_only_what_the_host_has_is_watched() -> None:
    state = {unit["name"]: unit["state"] for unit in units(exporters(), ["redis"])}
    assert state["prometheus-redis-exporter.service"] == "started"
    assert state["prometheus-node-exporter.service"] == "started"
    assert state["prometheus-postgres-exporter.service"] == "stopped"


def test_a_new_password_restarts_who_reads_it() -> None:
    loaded = {
        name: [setting.partition(":")[2] for setting in exporter.get("settings", []) if "LoadCredential" in setting]
        for name, exporter in exporters().items()
    }
    assert any(loaded.values())
    restarts = {unit["name"]: unit.get("restart_on", []) for unit in units(exporters(), [])}
    for name, paths in loaded.items():
        assert set(paths) <= set(restarts[f"{name}.service"]), name
