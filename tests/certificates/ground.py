"""A host whose certificate comes from an ACME authority, and what its clients and its operators see."""

from __future__ import annotations

import json
import socket
import ssl
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from tests.convergence.site import Run, SandboxHost, play
from tests.e2e.sandbox import Sandbox

AUTHORITY = "https://127.0.0.1:14000/dir"
SETTINGS = {
    "certificates_source": "acme",
    "certificates_acme": {"directory": AUTHORITY, "email": "ops@example.com", "ca_file": "/etc/pebble/server.pem"},
}
STATE = "/var/lib/longhouse/acme"
DUE, NOW = "longhouse-certificate@due.service", "longhouse-certificate@now.service"
ALERTS = "amtool --alertmanager.url http://127.0.0.1:9093 alert query --active --output json"
# Seconds for a whole site from a plain host, on a machine that does much else.
PATIENCE = 1800


@dataclass(frozen=True)
class Ground:
    """Host `name`, which must be booted."""

    name: str

    @property
    def sandbox(self) -> Sandbox:
        return Sandbox.read(self.name)

    def run(self, command: str) -> str:
        return self.sandbox.run(command)

    def play(self, *arguments: str, playbook: str = "site.yml") -> Run:
        """Run a playbook with the ACME authority as source."""
        chosen = ("-e", json.dumps(SETTINGS))
        return play(SandboxHost.read(self.name), *chosen, *arguments, playbook=playbook, patience=PATIENCE)

    def start(self, unit: str) -> bool:
        """Whether the unit did its work."""
        return self.run(f"systemctl start {unit} && echo done || echo failed").strip() == "done"

    def says(self, unit: str) -> str:
        """What the newest run of the unit wrote to the journal."""
        return self.run(f"journalctl -o cat --no-pager _SYSTEMD_INVOCATION_ID=$(systemctl show -P InvocationID {unit})")

    def served(self, name: str = "") -> x509.Certificate:
        """What a client gets that asks for `name`, or for the address."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with (
            socket.create_connection((self.sandbox.address, 443), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=name or None) as secured,
        ):
            return x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")

    def masters(self) -> str:
        """Identity of Nginx's main process: it is not restarted."""
        return self.run("systemctl show -P MainPID nginx").strip()

    def failed_units(self) -> set[str]:
        """Units that Alertmanager tells people about."""
        found: list[dict[str, Any]] = json.loads(self.run(ALERTS))
        return {alert["labels"]["name"] for alert in found if alert["labels"]["alertname"] == "UnitFailed"}
