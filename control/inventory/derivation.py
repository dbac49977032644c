"""Asks the catalogue role's own filter for a secret, so that there is one way of deriving them."""

from __future__ import annotations

import importlib.util
from typing import Any

from control import layout

_PLUGIN = layout.REPOSITORY / "roles" / "catalogue" / "filter_plugins" / "secrets.py"


def secret(master: str, service: str, name: str, version: int = 1) -> str:
    """The secret `name` of `service` under this master secret."""
    spec = importlib.util.spec_from_file_location("longhouse_catalogue_secrets", _PLUGIN)
    if spec is None or spec.loader is None:
        raise ImportError(f"{_PLUGIN} is not there")
    plugin: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(plugin)
    record = {"name": service, "state": "live", "credentials": [name], "supplied": []}
    full_name = f"{service}/{name}"
    derived: str = plugin.catalogue_secrets([record], master, {full_name: version})[full_name]
    return derived
