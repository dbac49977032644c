"""Projection of the catalogue for role release: the document lhctl works from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

Service = Mapping[str, Any]


def buildable(services: Sequence[Service], only: Sequence[str] = ()) -> list[str]:
    """Names of the services that need an artifact, narrowed to `only`. Raises AnsibleFilterError for unknown names."""
    names = [service["name"] for service in services if service["state"] != "retired"]
    unknown = [name for name in only if name not in names]
    if unknown:
        raise AnsibleFilterError(
            f"services: {', '.join(unknown)}: not in the catalogue or retired; known: {', '.join(names)}"
        )
    return [name for name in names if not only or name in only]


def release_services(services: Sequence[Service], only: Sequence[str] = ()) -> list[dict[str, Any]]:
    """What lhctl must know of each service besides its artifact; retired ones by name alone."""
    return [_record(service) for service in services if not only or service["name"] in only]


def _record(service: Service) -> dict[str, Any]:
    if service["state"] == "retired":
        return {"name": service["name"], "state": "retired"}
    return {
        "name": service["name"],
        "state": service["state"],
        "ready": service["ready_path"],
        "fleet": bool(service["fleet"]),
        "migrate": bool(service["migrate"] and service["database"]),
        "setup": bool(service["setup"]),
        "blue_port": service["ports"]["blue"],
        "green_port": service["ports"]["green"],
        # No request may take longer, so no connection needs more to end.
        "drain_seconds": service["web"]["timeout"],
    }


def desired(
    records: Sequence[Mapping[str, Any]], shipment: Mapping[str, Any], complete: bool, keep_warm_seconds: int | str
) -> dict[str, Any]:
    """The document: `records` with the artifacts of `shipment` (what `python -m control.artifacts` printed)."""
    artifacts = {artifact["service"]: artifact for artifact in shipment["artifacts"]}
    services = []
    for record in records:
        artifact = artifacts.get(record["name"])
        if record["state"] == "retired" or artifact is None:
            services.append(dict(record))
            continue
        services.append({
            **record,
            "version": artifact["version"],
            "artifact": artifact["file"],
            "sha256": artifact["sha256"],
            # Extra variables given as key=value arrive as text.
            "keep_warm_seconds": int(keep_warm_seconds),
        })  # fmt: skip
    return {"complete": complete, "installer": shipment["installer"], "services": services}


class FilterModule:
    """Names under which plays use these functions."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map filter names to functions."""
        return {
            "catalogue_buildable": buildable,
            "catalogue_releases": release_services,
            "release_desired": desired,
        }
