"""Writes `.longhouse/hosts/<NAME>/inventory/` and the contract file `.longhouse/hosts/<NAME>.json`.

The shared part of a sandbox inventory stays in inventories/sandbox; only what belongs to this one host is written.
"""

from __future__ import annotations

import json
import secrets
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from control import files, layout
from control.artifacts.signature import KEY, SigningKey
from control.inventory import derivation
from control.inventory.authority import ensure_authority
from control.layout import HostFolder
from control.sandbox import shell
from control.sandbox.names import machine_name
from control.sandbox.record import Record

GROUPS = ("edge", "postgresql", "redis", "rabbitmq", "app", "monitoring")
# inventories/sandbox tells user-service the same.
ADMIN_EMAIL = "admin@sandbox.example.com"
MAIL_DIR = "/var/mail/longhouse"
PRIVATE = 0o600

_HEADER = "# Written by ./longhouse for this one host; the next `up` writes it again.\n---\n"
_SHARED = layout.REPOSITORY / "inventories" / "sandbox" / "group_vars" / "all" / "platform.yml"


def write(folder: HostFolder, record: Record, groups: Iterable[str] | None = None) -> dict[str, Any]:
    """Write the inventory of a booted host and return the contents of its contract file. Secrets are made once."""
    authority = ensure_authority(folder.authority, folder.name)
    variables = folder.inventory / "group_vars" / "all"
    variables.mkdir(parents=True, exist_ok=True)
    _write_yaml(folder.inventory / "hosts.yml", inventory_of(folder.name, groups))
    (layout.MACHINE / machine_name(folder.name)).mkdir(parents=True, exist_ok=True)
    _write_yaml(variables / "host.yml", connection_of(folder, record))
    master = _master_secret(variables / "secrets.yml")
    shared = variables / "platform.yml"
    if not shared.is_symlink():
        shared.symlink_to(_SHARED)
    rotated = variables / "versions_of_secrets.yml"  # of playbooks/rotate_secrets.yml
    versions = yaml.safe_load(rotated.read_text())["vault_secret_versions"] if rotated.exists() else {}
    password = admin_password(master, versions.get("user/admin_password", 1))
    files.replace(folder.admin_password, password + "\n", PRIVATE)
    state = contract_of(folder, record, authority)
    files.replace(folder.contract, json.dumps(state, indent=1) + "\n")
    return state


def inventory_of(name: str, groups: Iterable[str] | None) -> dict[str, Any]:
    """Content of hosts.yml. A host that runs services also receives their mail, so that emails are real ones."""
    chosen = list(groups or GROUPS)
    if "app" in chosen:
        chosen.append("mailsink")
    if "postgresql" in chosen:
        chosen.append("objectstore")
    return {group: {"hosts": {name: None}} for group in chosen}


def connection_of(folder: HostFolder, record: Record) -> dict[str, Any]:
    """Content of host.yml: how to reach the host, what it is called, and who signs its certificate."""
    # A host that is rebooted or replaced must not meet a connection kept open for its predecessor,
    # so these sockets live and end with the host; /run because a socket's path may not exceed 108 bytes.
    # Ansible formats this with %, hence the doubled sign of ssh's own %C.
    control_path = layout.MACHINE / machine_name(folder.name) / "%%C"
    arguments = [word for word in shell.options(folder) if word not in {"-i", str(folder.key)}]
    return {
        "ansible_host": record.link.address,
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(folder.key),
        "ansible_ssh_common_args": shlex.join(arguments),
        "ansible_control_path": str(control_path),
        "platform_domain": record.link.address,
        "platform_server_names": [record.link.address, f"{folder.name}.sandbox.example.com"],
        "certificates_ca_dir": str(folder.authority),
        "platform_artifact_key": SigningKey.ensure(layout.STATE / KEY).public,
    }


def contract_of(folder: HostFolder, record: Record, authority: Path) -> dict[str, Any]:
    return {
        "name": folder.name,
        "address": record.link.address,
        "base_url": f"https://{record.link.address}",
        "ca_file": str(authority),
        "ssh": shell.command(folder, record),
        "inventory": str(folder.inventory),
        "mail_dir": MAIL_DIR,
        "admin": {"email": ADMIN_EMAIL, "password_file": str(folder.admin_password)},
    }


def admin_password(master: str, version: int = 1) -> str:
    """The password that the catalogue's secrets give the first administrator."""
    return derivation.secret(master, "user", "admin_password", version)


def _master_secret(path: Path) -> str:
    if path.exists():
        stored: dict[str, str] = yaml.safe_load(path.read_text())
        return stored["vault_master_secret"]
    master = secrets.token_urlsafe(48)
    files.replace(path, _HEADER + yaml.safe_dump({"vault_master_secret": master}), PRIVATE)
    return master


def _write_yaml(path: Path, data: dict[str, Any]) -> None:
    files.replace(path, _HEADER + yaml.safe_dump(data, sort_keys=False))
