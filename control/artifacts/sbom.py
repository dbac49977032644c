"""The bill of materials of an artifact: CycloneDX 1.6, from the manifest alone, so that the same content gives it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5


def document(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Every wheel with version, hash and package address. No time of making: it would change the bytes."""
    service, version = manifest["service"], manifest["version"]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": uuid5(NAMESPACE_URL, f"longhouse:{service}:{version}:{manifest['lock']}").urn,
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": service, "name": service, "version": version},
            "properties": [
                {"name": "longhouse:commit", "value": manifest["commit"]},
                {"name": "longhouse:dirty", "value": str(manifest["dirty"]).lower()},
                {"name": "longhouse:lock", "value": manifest["lock"]},
                {"name": "longhouse:python", "value": manifest["python"]},
            ],
        },
        "components": [_component(wheel) for wheel in manifest["wheels"]],
        "dependencies": [{"ref": service, "dependsOn": [_address(wheel) for wheel in manifest["wheels"]]}],
    }


def _component(wheel: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": _address(wheel),
        "name": wheel["name"],
        "version": wheel["version"],
        "purl": _address(wheel),
        "hashes": [{"alg": "SHA-256", "content": wheel["sha256"]}],
    }


def _address(wheel: Mapping[str, Any]) -> str:
    return f"pkg:pypi/{wheel['name']}@{wheel['version']}"
