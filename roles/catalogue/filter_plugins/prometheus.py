"""Projection of the catalogue for role prometheus: what is scraped and probed, and the files that say so."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

# The internal edge: the way services take to each other, and so what "is up" means to them.
HEALTH = "http://127.0.0.1:8080/health"
CLIENT = "https://127.0.0.1/health"


def scrapes(services: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """``[{"service", "live": is it routed, "ports": {colour: metrics port}}]`` of every service not retired.

    A service that is not built on the chassis tells no metrics: it is probed, and has no ports here.
    """
    return [
        {
            "service": service["name"],
            "live": service["state"] == "live",
            "ports": service["metrics_ports"] if service["web"]["interface"] == "chassis" else {},
        }
        for service in services
        if service["state"] != "retired"
    ]


def target_files(services: Sequence[Mapping[str, Any]], server_names: Iterable[str]) -> dict[str, str]:
    """File name to content for file_sd: a change of these needs no reload."""
    metrics = [
        _group([f"127.0.0.1:{port}"], service=service["service"], colour=colour)
        for service in services
        for colour, port in sorted(service["ports"].items())
    ]
    health = [
        _group([f"{HEALTH}/{service['service']}"], service=service["service"])
        for service in services
        if service["live"]
    ]
    client = [_group([CLIENT], server_name=name) for name in server_names]
    files = {"services.json": metrics, "health.json": health, "client.json": client}
    return {name: json.dumps(groups, indent=1) + "\n" for name, groups in files.items()}


def _group(targets: list[str], **labels: str) -> dict[str, Any]:
    return {"targets": targets, "labels": labels}


class FilterModule:
    """Names under which plays and the role use these functions."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map filter names to functions."""
        return {"catalogue_scrapes": scrapes, "prometheus_target_files": target_files}
