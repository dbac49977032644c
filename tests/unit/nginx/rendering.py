"""The edge's files as the role would write them: the role's own variables, evaluated by Ansible itself."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import filter_loader
from ansible.template import Templar

from tests.unit.plugins import find_ansible_s_own

ROOT = Path(__file__).resolve().parents[3]
ROLE = ROOT / "roles" / "edge"

FILTERS = ROOT / "roles" / "catalogue" / "filter_plugins"

find_ansible_s_own()
filter_loader.add_directory(str(FILTERS))


def filters(file: str) -> dict[str, Callable[..., Any]]:
    """The filters of one plugin file, loaded by its path as Ansible does."""
    spec = importlib.util.spec_from_file_location(f"filters_{file}", FILTERS / f"{file}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    table: dict[str, Callable[..., Any]] = module.FilterModule().filters()
    return table


def service(name: str, *routes: str, state: str = "live", rate: int = 50, interface: str = "chassis") -> dict[str, Any]:
    """The part of a normalised catalogue record that the edge reads."""
    return {
        "name": name,
        "state": state,
        "routes": list(routes),
        "ready_path": "/readyz",
        "web": {"workers": 1, "timeout": 30, "interface": interface},
        "limits": {"body": "64k", "requests_per_second": rate, "burst": 2 * rate},
    }


CATALOGUES: dict[str, list[dict[str, Any]]] = {
    "none": [],
    "one": [service("order", "/api/orders")],
    "baseline": [
        service("user", "/api/auth", "/api/users", "/.well-known/jwks.json"),
        service("order", "/api/orders"),
        service("notification", "/api/notifications"),
    ],
    "root": [service("site", "/"), service("order", "/api/orders")],
    "mixed": [
        service("order", "/api/orders"),
        service("next", "/n", state="planned"),
        service("old", "/o", state="retired"),
    ],
    "thirty": [service(f"service_{number:02d}_long_name"[:20], f"/api/{number}") for number in range(30)],
}


def edge_files(services: list[dict[str, Any]], **settings: Any) -> dict[str, str]:
    """{file name: content} for a catalogue; `settings` override the role's defaults (without their `edge_` prefix)."""
    loader = DataLoader()
    variables = {
        **loader.load_from_file(str(ROLE / "defaults" / "main.yml"), trusted_as_template=True),
        **loader.load_from_file(str(ROLE / "vars" / "main.yml"), trusted_as_template=True),
        "edge_server_names": ["longhouse.test"],
        **{f"edge_{key}": value for key, value in settings.items()},
        "role_path": str(ROLE),
    }
    variables["edge_services"] = filters("edge")["catalogue_edge"](services)
    files: dict[str, str] = Templar(loader=loader, variables=variables).template(variables["edge_settings"])
    return files
