#!/usr/bin/python
"""Look at a host and say what does not serve; changes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.longhouse_edge_checks import edge_current
from ansible.module_utils.longhouse_findings import Finding
from ansible.module_utils.longhouse_host_checks import (
    STORES,
    certificate_serves,
    disks_have_room,
    store_findings,
    units_run,
)
from ansible.module_utils.longhouse_service_checks import service_findings

DOCUMENTATION = r"""
module: longhouse_checks
short_description: Check that everything on this host serves
description:
  - Asks every live service through the edge, compares links with the release state, looks at the certificate, the data
    stores, failed units and disks. Reads only. Fails with one line per failed check that ends with the next command.
  - docs/operations/checks.md has a section per check.
options:
  services: {description: "Live services on this host, {name, fleet}.", type: list, elements: dict, required: true}
  server_names: {description: "Names of this host's edge, if any.", type: list, elements: str, required: true}
  https_port: {description: "Port of the edge.", type: int, required: true}
  certificate: {description: "Certificate file the edge serves.", type: path, required: true}
  certificate_days: {description: "Days it must still be good for.", type: int, required: true}
  stores:
    description: Data stores on this host.
    type: list
    elements: str
    choices: [postgresql, rabbitmq, redis]
    required: true
  disk_free_percent: {description: "Free space and inodes every file system must have.", type: int, required: true}
  patience: {description: "Seconds in which everything may still come up.", type: int, required: true}
"""
EXAMPLES = r"""
- name: Check that all of it serves
  longhouse_checks:
    services: [{name: order, fleet: true}]
    server_names: [shop.example.com]
    https_port: 443
    certificate: /etc/longhouse/tls/fullchain.pem
    certificate_days: 7
    stores: [postgresql, redis, rabbitmq]
    disk_free_percent: 10
    patience: 15
"""
RETURN = r"""
findings: {description: "Every check: {check, subject, passed, detail, ask}.", type: list, returned: always}
"""

PAUSE_SECONDS = 0.5


def findings(parameters: dict[str, Any]) -> Iterator[Finding]:
    """All checks of this host, services first."""
    names, port = parameters["server_names"], parameters["https_port"]
    if names:
        yield edge_current()
        yield from service_findings(parameters["services"], names[0], port)
    for name in names:
        yield certificate_serves(name, port, parameters["certificate"], parameters["certificate_days"])
    yield from store_findings(parameters["stores"])
    yield units_run()
    yield from disks_have_room(parameters["disk_free_percent"])


def settled(parameters: dict[str, Any]) -> list[Finding]:
    """The findings once all pass, or the last ones when patience is over."""
    deadline = time.monotonic() + parameters["patience"]
    while True:
        found = list(findings(parameters))
        if all(finding.passed for finding in found) or time.monotonic() > deadline:
            return found
        time.sleep(PAUSE_SECONDS)


def main() -> None:
    """Run as an Ansible module."""
    module = AnsibleModule(
        argument_spec={
            "services": {"type": "list", "elements": "dict", "required": True},
            "server_names": {"type": "list", "elements": "str", "required": True},
            "https_port": {"type": "int", "required": True},
            "certificate": {"type": "path", "required": True},
            "certificate_days": {"type": "int", "required": True},
            "stores": {"type": "list", "elements": "str", "choices": sorted(STORES), "required": True},
            "disk_free_percent": {"type": "int", "required": True},
            "patience": {"type": "int", "required": True},
        },
        supports_check_mode=True,
    )
    found = settled(module.params)
    facts = [finding.facts() for finding in found]
    failed = [finding.line() for finding in found if not finding.passed]
    if failed:
        module.fail_json(msg=f"{len(failed)} of {len(found)} checks failed:\n" + "\n".join(failed), findings=facts)
    module.exit_json(changed=False, findings=facts)


if __name__ == "__main__":
    main()
