"""What role exporters writes and runs, from its table of exporters."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2 import Environment, StrictUndefined

Exporters = Mapping[str, Mapping[str, Any]]


COLLECTOR = "prometheus-node-exporter-apt"


def files(exporters: Exporters, template: str, blackbox: str, collector: str) -> dict[str, str]:
    """Path to content: a drop-in for each exporter's unit and the collector's, and what the blackbox one may probe."""
    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False  # noqa: S701
    )  # fmt: skip
    drop_in = environment.from_string(template)
    written = {
        f"/etc/systemd/system/{name}.service.d/longhouse.conf": drop_in.render(exporter=exporter)
        for name, exporter in exporters.items()
    }
    return written | {
        f"/etc/systemd/system/{COLLECTOR}.service.d/longhouse.conf": collector,
        "/etc/prometheus/longhouse-blackbox.yml": blackbox,
    }


def units(exporters: Exporters, stores: Iterable[str]) -> list[dict[str, Any]]:
    """Units for longhouse_units: an exporter whose store is elsewhere is stopped."""
    present = set(stores)
    wanted: list[dict[str, Any]] = []
    for name, exporter in exporters.items():
        runs = exporter.get("needs", "") in {"", *present}
        unit = {"name": f"{name}.service", "enabled": runs, "state": "started" if runs else "stopped"}
        # Files it reads only when it starts: without this it would go on with yesterday's password.
        wanted.append(unit | {"restart_on": list(exporter.get("reads", []))})
    # Pending updates and a needed reboot, told by Debian's own collector.
    return [
        *wanted,
        {"name": f"{COLLECTOR}.service", "state": "untouched"},
        {"name": f"{COLLECTOR}.timer", "enabled": True, "state": "started"},
    ]


def redis_passwords(sockets: Iterable[str], user: str, password: str) -> str:
    """The exporter's password file: it looks up a target by its address with the user in it."""
    named = {socket.replace("unix://", f"unix://{user}@"): password for socket in sockets}
    return json.dumps(named | dict.fromkeys(sockets, password), sort_keys=True)


class FilterModule:
    """Names under which the role uses these functions."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map filter names to functions."""
        return {"exporters_files": files, "exporters_units": units, "exporters_redis_passwords": redis_passwords}
