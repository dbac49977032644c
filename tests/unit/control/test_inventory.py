"""The inventory of a host: complete, its secrets private and made once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509

from control import inventory, layout
from control.inventory import writing
from control.layout import HostFolder
from control.sandbox.addresses import Link
from control.sandbox.record import Record

RECORD = Record(name="h1", image="none", link=Link(gateway="10.213.0.1", address="10.213.0.2"), mtu=1400)
PROMISED = {"name", "address", "base_url", "ca_file", "ssh", "inventory", "mail_dir", "admin"}


@pytest.fixture
def folder(state: Path) -> HostFolder:
    folder = HostFolder("h1")
    folder.root.mkdir(parents=True)
    return folder


def _variables(folder: HostFolder, name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((folder.inventory / "group_vars" / "all" / name).read_text())
    return loaded


def test_the_contract_file_has_what_is_promised(folder: HostFolder) -> None:
    state = inventory.write(folder, RECORD)
    assert json.loads(folder.contract.read_text()) == state
    assert set(state) == PROMISED
    assert state["base_url"] == "https://10.213.0.2"
    assert state["ssh"][0] == "ssh"
    assert state["ssh"][-1] == "root@10.213.0.2"
    assert Path(state["ca_file"]).is_file()
    assert set(state["admin"]) == {"email", "password_file"}


def test_secrets_are_private_and_survive_a_second_writing(folder: HostFolder) -> None:
    inventory.write(folder, RECORD)
    first = (
        _variables(folder, "secrets.yml"),
        folder.admin_password.read_text(),
        (folder.authority / "ca.pem").read_text(),
    )
    inventory.write(folder, RECORD)
    second = (
        _variables(folder, "secrets.yml"),
        folder.admin_password.read_text(),
        (folder.authority / "ca.pem").read_text(),
    )
    assert first == second
    private = [
        folder.admin_password,
        folder.authority / "ca.key",
        folder.inventory / "group_vars" / "all" / "secrets.yml",
    ]
    assert [oct(path.stat().st_mode & 0o777) for path in private] == ["0o600"] * 3
    secret = first[0]["vault_master_secret"]
    assert secret not in folder.contract.read_text()
    assert secret not in first[1]


def test_two_hosts_share_no_secret(folder: HostFolder) -> None:
    other = HostFolder("h2")
    other.root.mkdir()
    for each in (folder, other):
        inventory.write(each, RECORD)
    assert _variables(folder, "secrets.yml") != _variables(other, "secrets.yml")
    assert folder.admin_password.read_text() != other.admin_password.read_text()


def test_a_host_is_in_every_group_or_in_those_named(folder: HostFolder) -> None:
    everything = writing.inventory_of("h1", None)
    assert set(everything) == {*writing.GROUPS, "mailsink", "objectstore"}
    assert all(group == {"hosts": {"h1": None}} for group in everything.values())
    assert set(writing.inventory_of("h1", ["postgresql"])) == {"postgresql", "objectstore"}
    assert set(writing.inventory_of("h1", ["app", "redis"])) == {"app", "redis", "mailsink"}


def test_host_keys_stay_checked_and_nobody_elses_ssh_configuration_is_read(folder: HostFolder) -> None:
    inventory.write(folder, RECORD)
    arguments = _variables(folder, "host.yml")["ansible_ssh_common_args"]
    for option in ("-F none", "StrictHostKeyChecking=yes", f"UserKnownHostsFile={folder.known_hosts}"):
        assert option in arguments


def test_the_shared_part_is_the_one_people_read(folder: HostFolder) -> None:
    inventory.write(folder, RECORD)
    assert _variables(folder, "platform.yml")["platform_environment"] == "sandbox"
    assert (folder.inventory / "group_vars" / "all" / "platform.yml").is_symlink()


def test_the_authority_can_sign_and_nothing_else(folder: HostFolder) -> None:
    certificate = x509.load_pem_x509_certificate(inventory.ensure_authority(folder.authority, "h1").read_bytes())
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (constraints.ca, constraints.path_length) == (True, 0)
    assert usage.key_cert_sign
    assert not usage.digital_signature
    certificate.verify_directly_issued_by(certificate)


def test_the_promised_administrator_is_the_one_the_inventory_names() -> None:
    shared = yaml.safe_load((layout.REPOSITORY / "inventories/sandbox/group_vars/all/platform.yml").read_text())
    assert shared["catalogue_overrides"]["user"]["settings"]["ADMIN_EMAIL"] == writing.ADMIN_EMAIL
