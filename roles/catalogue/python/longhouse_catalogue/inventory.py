"""What every inventory must say about its environment."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from longhouse_catalogue.addresses import is_address
from longhouse_catalogue.shape import suggestion

ENVIRONMENTS = ("sandbox", "staging", "production")
PLACE = "inventories/<environment>/group_vars/all/platform.yml"
# Switches that let a test break a service on purpose (chassis.failpoints).
SANDBOX_SETTINGS = frozenset({"FAILPOINTS"})
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HOST_NAME = re.compile(rf"{LABEL}(\.{LABEL})*")
# It becomes part of a unit's command line: nothing in it that systemd would read.
HTTPS = re.compile(r"https://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~/-]*)?")


def inventory_problems(variables: Mapping[str, Any], records: Sequence[Mapping[str, Any]] = ()) -> list[str]:
    """One line for each mistake in {environment, domain, server_names, vulnerability_source}: `platform_…` variables.

    `records` are the catalogue's: some settings belong to no environment but the sandbox.
    """
    environment, domain, names = (variables.get(key) for key in ("environment", "domain", "server_names"))
    problems = []
    if environment not in ENVIRONMENTS:
        problems.append(_line("environment", environment, f"one of {', '.join(ENVIRONMENTS)}", str(environment)))
    if not addressable(domain):
        problems.append(_line("domain", domain, "the name clients use, such as shop.example.org"))
    if not isinstance(names, list) or not names or not all(addressable(name) for name in names):
        problems.append(_line("server_names", names, "a list of names and addresses, such as [shop.example.org]"))
    elif addressable(domain) and domain not in names:
        problems.append(f"{PLACE}: platform_server_names: '{domain}' of platform_domain is missing; add it")
    source = variables.get("vulnerability_source", "")
    if source and not web_address(source):
        wanted = 'an address such as https://tracker.example.org/debsecan/release/1/, or "" to ask nobody'
        problems.append(_line("vulnerability_source", source, wanted))
    if environment != "sandbox":
        problems += [_sandbox_only(record["name"], key) for record in records for key in _for_sandbox(record)]
    return problems


def _for_sandbox(record: Mapping[str, Any]) -> list[str]:
    return [key for key in record["settings"] if key in SANDBOX_SETTINGS]


def _sandbox_only(service: str, key: str) -> str:
    return (
        f"services/catalogue.yml or catalogue_overrides: service '{service}': settings.{key}: lets tests kill the"
        " service and is for sandbox hosts alone; remove it"
    )


def _line(key: str, value: Any, wanted: str, guess: str = "") -> str:
    found = f"{value!r} will not do" if value else "missing"
    return f"{PLACE}: platform_{key}: {found}; write {wanted}{suggestion(guess, ENVIRONMENTS) if guess else ''}"


def addressable(name: Any) -> bool:
    """Whether it is an address or a host name."""
    return isinstance(name, str) and (is_address(name) or HOST_NAME.fullmatch(name) is not None)


def web_address(address: Any) -> bool:
    """Whether it is an HTTPS address that somebody could have: `https://name[:port][/path]`."""
    if not isinstance(address, str) or not HTTPS.fullmatch(address):
        return False
    try:
        parts = urlsplit(address)
        return parts.port != 0 and addressable(parts.hostname)
    except ValueError:  # a port beyond 65535, half an IPv6 address
        return False
