"""What the inventory says of an ACME authority, and what follows for the host."""

from __future__ import annotations

import yaml

from tests.unit.plugins import ROOT, filters

whole = filters("certificates")["certificates_whole_acme"]
reach = filters("certificates")["certificates_reach"]
alternatives = filters("certificates")["certificates_alternatives"]


def test_what_an_inventory_may_leave_out_is_documented_as_it_is_filled_in() -> None:
    specification = yaml.safe_load((ROOT / "roles/certificates/meta/argument_specs.yml").read_text())
    described = specification["argument_specs"]["main"]["options"]["certificates_acme"]["options"]
    assert whole({}) == {name: option["default"] for name, option in described.items()}
    assert whole({"email": "ops@example.com"})["email"] == "ops@example.com"


def test_the_client_reaches_the_port_of_its_authority() -> None:
    assert reach({}) == [{"user": "longhouse-acme", "ports": [443]}]
    assert reach({"directory": "https://ca.example.com:9000/acme"})[0]["ports"] == [9000]


def test_addresses_are_no_names() -> None:
    names = ["shop.example.com", "192.0.2.7", "2001:db8::7"]
    assert alternatives(names) == "DNS:shop.example.com,IP:192.0.2.7,IP:2001:db8::7"
