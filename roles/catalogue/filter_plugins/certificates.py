"""Projections for role certificates: its ACME authority, and what the host must allow to reach it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

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
    return ",".join(f"{'IP' if _is_address(name) else 'DNS'}:{name}" for name in names)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


class FilterModule:
    """Names under which plays and tasks use these functions."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map filter names to functions."""
        return {
            "certificates_whole_acme": whole_acme,
            "certificates_reach": reach,
            "certificates_alternatives": alternatives,
        }
