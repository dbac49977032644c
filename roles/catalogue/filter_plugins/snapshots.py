"""Projections for role snapshots: where they go, as restic says it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

LOCAL = "/var/lib/longhouse-snapshots/repository"


def repository(store: Mapping[str, Any], name: str) -> str:
    """The repository of host `name` in an S3-compatible store, beside the databases'; a local folder without one."""
    if not store:
        return LOCAL
    prefix = str(store["prefix"]).strip("/")
    return f"s3:https://{store['endpoint']}:{store['port']}/{store['bucket']}/{prefix}/files/{name}"


def options(store: Mapping[str, Any]) -> list[str]:
    """Arguments of every call of restic."""
    found = [f"--option=s3.bucket-lookup={'path' if store['path_style'] else 'auto'}"] if store else []
    return found + ([f"--cacert={store['ca_file']}"] if store.get("ca_file") else [])


def environment(store: Mapping[str, Any]) -> dict[str, str]:
    """Variables of every call of restic; none is secret."""
    return {"AWS_DEFAULT_REGION": str(store["region"])} if store else {}


class FilterModule:
    """Names under which plays and tasks use these functions."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map filter names to functions."""
        return {
            "snapshots_repository": repository,
            "snapshots_options": options,
            "snapshots_environment": environment,
        }
