#!/usr/bin/python
"""Virtual host, users, permissions, exchanges, queues and bindings of the broker, in one call."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.rabbitmq_management import Management, ManagementError
from ansible.module_utils.rabbitmq_topology import Topology, changes_between

DOCUMENTATION = r"""
module: rabbitmq_objects
short_description: Compare the broker with the wanted topology and change exactly what differs
description:
  - Users this module made carry the tag C(longhouse); those no longer wanted are removed with their permissions.
  - Arguments of a queue cannot be changed; a difference ends the module with the queue, both values and the way out.
  - A queue nobody wants is unbound, and removed only when it is empty and nobody consumes from it. Queues under a
    prefix of O(keep) stay.
  - The first call on a new broker makes the administrator as the default user, or, after a rotation, with
    rabbitmqctl; all else goes through the management API.
options:
  url: {description: "Address of the management API.", type: str, default: "http://127.0.0.1:15672"}
  admin: {description: "Name of the administrator.", type: str, default: longhouse}
  admin_password: {description: "Its password.", type: str, required: true}
  admin_hash: {description: "The same password, salted and hashed as RabbitMQ stores it.", type: str, required: true}
  topology:
    description: "What shall be there, from filter catalogue_topology."
    type: dict
    required: true
"""
EXAMPLES = r"""
- name: Provide the topology
  rabbitmq_objects: {admin_password: "…", admin_hash: "…", topology: "{{ platform_services | catalogue_topology({}) }}"}
"""
RETURN = r"""
changes: {description: "What was done, in order.", type: list, returned: always}
kept: {description: "Unwanted queues that still hold messages or consumers.", type: list, returned: always}
"""

DEFAULT_ADMINISTRATOR = ("guest", "guest")
CTL_SECONDS = 60


def make_administrator(module: AnsibleModule) -> None:
    """Give the broker its administrator, as a hash.

    A new broker still lets the default user in from loopback; that user is removed with the rest. A broker whose
    password was rotated knows neither, and is told through its command line tool as root.
    """
    user = {"name": module.params["admin"], "password_hash": module.params["admin_hash"], "tags": ["administrator"]}
    user["hashing_algorithm"] = "rabbit_password_hashing_sha256"
    new = Management(module.params["url"], *DEFAULT_ADMINISTRATOR)
    if new.knows_us():
        new.send("PUT", f"/api/users/{user['name']}", {**user, "tags": "administrator"})
        return
    # A file for the broker's eyes: rabbitmqctl changes its user by `su`, and its Erlang then waits for an end of
    # standard input that never comes.
    with tempfile.NamedTemporaryFile("w", suffix=".json") as definitions:
        shutil.chown(definitions.name, "rabbitmq", "rabbitmq")
        json.dump({"users": [user]}, definitions)
        definitions.flush()
        command = ["rabbitmqctl", "-q", "import_definitions", definitions.name]
        result = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=CTL_SECONDS
        )
    if result.returncode:
        module.fail_json(msg=f"{' '.join(command)}: {result.stderr.strip() or result.stdout.strip()}")


def main() -> None:
    """Run as an Ansible module."""
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str", "default": "http://127.0.0.1:15672"},
            "admin": {"type": "str", "default": "longhouse"},
            "admin_password": {"type": "str", "required": True, "no_log": True},
            "admin_hash": {"type": "str", "required": True, "no_log": True},
            "topology": {"type": "dict", "required": True},
        },
        supports_check_mode=True,
    )
    changes: list[str] = []
    api = Management(module.params["url"], module.params["admin"], module.params["admin_password"])
    try:
        if not (api.knows_us(0) if module.check_mode else api.knows_us()):
            changes.append(f"administrator {module.params['admin']}")
            if module.check_mode:
                module.exit_json(changed=True, changes=changes, kept=[])
            make_administrator(module)
        wanted = Topology(module.params["topology"], module.params["admin"])
        present = api.get("/api/definitions")
        conflicts = wanted.conflicts(present)
        if conflicts:
            module.fail_json(msg="; ".join(conflicts), changes=changes)
        kept = settle(module, api, wanted, present, changes)
    except ManagementError as error:
        if module.check_mode and error.unreachable:
            module.exit_json(changed=True, changes=["everything: the broker does not run yet"], kept=[])
        module.fail_json(msg=str(error), changes=changes)
        raise
    module.exit_json(changed=bool(changes), changes=changes, kept=kept)


def settle(
    module: AnsibleModule, api: Management, wanted: Topology, present: dict[str, Any], changes: list[str]
) -> list[str]:
    """Carry out every difference, recording each before it is tried; returns the queues that had to stay."""
    for change in changes_between(wanted, present):
        changes.append(change.text)
        if not module.check_mode:
            api.send(change.method, change.path, change.body)
    kept = []
    for queue in wanted.unwanted_queues(present):
        if api.is_idle(wanted.vhost, queue):
            changes.append(f"remove empty queue {queue}")
            if not module.check_mode:
                api.send("DELETE", wanted.queue_path(queue))
        else:
            kept.append(queue)
    return kept


if __name__ == "__main__":
    main()
