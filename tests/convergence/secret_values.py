"""Every secret that a sandbox inventory derives, computed as the plays compute it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.unit.plugins import ROOT, filters

CATALOGUE = ROOT / "services" / "catalogue.yml"
VERSIONS = "versions_of_secrets.yml"
PUBLIC = "jwks"
SHORTEST = 20


def derived(inventory: Path, *, later: int = 0) -> dict[str, str]:
    """Name to value of every derived secret, `later` versions after the present one; "master" is the master itself."""
    variables = inventory / "group_vars" / "all"
    master: str = yaml.safe_load((variables / "secrets.yml").read_text())["vault_master_secret"]
    secrets = filters("secrets")["catalogue_secrets"]
    records = _records(variables)
    versions = {name: version + later for name, version in current_versions(inventory).items()}
    values: dict[str, str] = secrets(records, master, versions)
    return {name: value for name, value in values.items() if name != PUBLIC} | {"master": master}


def current_versions(inventory: Path) -> dict[str, int]:
    """Name to the version in use of every derived secret."""
    variables = inventory / "group_vars" / "all"
    rotated = yaml.safe_load((variables / VERSIONS).read_text()) if (variables / VERSIONS).exists() else {}
    names = (name for name in filters("secrets")["catalogue_secrets"](_records(variables), "n" * 48) if name != PUBLIC)
    noted = {name: rotated.get("vault_secret_versions", {}).get(name, 1) for name in names}
    return {name: version[0] if isinstance(version, list) else version for name, version in noted.items()}


def _records(variables: Path) -> list[dict[str, Any]]:
    overrides = yaml.safe_load((variables / "platform.yml").read_text())["catalogue_overrides"]
    entries = filters("catalogue")["catalogue_read"](CATALOGUE.read_text(), str(CATALOGUE))["catalogue_services"]
    records: list[dict[str, Any]] = filters("catalogue")["catalogue_normalise"](entries, overrides, str(CATALOGUE))
    return records


def needles(secrets: Mapping[str, Any]) -> dict[str, str]:
    """Name to what to look for: of a key in several lines, the line that only this key has."""
    found = {name: max(str(value).splitlines(), key=len) for name, value in secrets.items()}
    assert all(len(needle) >= SHORTEST for needle in found.values())
    return found
