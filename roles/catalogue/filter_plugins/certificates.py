"""Projections for role certificates: its ACME authority, and what the host must allow to reach it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# Ansible loads this file alone, by its path: there is no package around it to import from.
PACKAGES = str(Path(__file__).resolve().parents[1] / "python")
if PACKAGES not in sys.path:
    sys.path.insert(0, PACKAGES)

from longhouse_catalogue.addresses import is_address  # noqa: E402

ACCOUNT = "longhouse-acme"
AUTHORITY = {"directory": "https://acme-v02.api.letsencrypt.org/directory", "email": "", "ca_file": ""}


def whole_acme(acme: Mapping[str, Any]) -> dict[str, Any]:
    """What the inventory says of the authority, with what it may leave out."""
    return {**AUTHORITY, **acme}


def reach(acme: Mapping[str, Any]) -> list[dict[str, Any]]:
    """For role firewall: the account that talks to the authority, and the port of the authority.

    ``[{"user": "longhouse-acme", "ports": [443]}]``
    """
    return [{"user": ACCOUNT, "ports": [urlsplit(str(whole_acme(acme)["directory"])).port or 443]}]


def alternatives(names: Iterable[str]) -> str:
    """DNS names and addresses as OpenSSL's `subjectAltName` wants them."""
    return ",".join(f"{'IP' if is_address(name) else 'DNS'}:{name}" for name in names)


class FilterModule:
    """Names under which plays and tasks use these functions."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map filter names to functions."""
        return {
            "certificates_whole_acme": whole_acme,
            "certificates_reach": reach,
            "certificates_alternatives": alternatives,
        }
