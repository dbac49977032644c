"""What every inventory must say about its environment."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from longhouse_catalogue.shape import suggestion

ENVIRONMENTS = ("sandbox", "staging", "production")
PLACE = "inventories/<environment>/group_vars/all/platform.yml"
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HOST_NAME = re.compile(rf"{LABEL}(\.{LABEL})*")


def inventory_problems(variables: Mapping[str, Any]) -> list[str]:
    """One line for each mistake in {environment, domain, server_names}, the inventory's `platform_…` variables."""
    environment, domain, names = (variables.get(key) for key in ("environment", "domain", "server_names"))
    problems = []
    if environment not in ENVIRONMENTS:
        problems.append(_line("environment", environment, f"one of {', '.join(ENVIRONMENTS)}", str(environment)))
    if not _addressable(domain):
        problems.append(_line("domain", domain, "the name clients use, such as shop.example.org"))
    if not isinstance(names, list) or not names or not all(_addressable(name) for name in names):
        problems.append(_line("server_names", names, "a list of names and addresses, such as [shop.example.org]"))
    elif _addressable(domain) and domain not in names:
        problems.append(f"{PLACE}: platform_server_names: '{domain}' of platform_domain is missing; add it")
    return problems


def _line(key: str, value: Any, wanted: str, guess: str = "") -> str:
    found = f"{value!r} will not do" if value else "missing"
    return f"{PLACE}: platform_{key}: {found}; write {wanted}{suggestion(guess, ENVIRONMENTS) if guess else ''}"


def _addressable(name: Any) -> bool:
    if not isinstance(name, str):
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return bool(HOST_NAME.fullmatch(name))
    return True
