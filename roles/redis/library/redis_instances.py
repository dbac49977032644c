#!/usr/bin/python
"""Configuration and access rules of Redis instances, tried before they are written, loaded without a restart."""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.longhouse_atomic import write_atomically

DOCUMENTATION = r"""
module: redis_instances
short_description: Write redis-NAME.conf and redis-NAME.acl of each instance and load changed rules into running ones
description:
  - New content is first tried by a Redis of its own in a temporary directory; a refusal changes nothing.
  - The running instance's rules are compared with the wanted ones, so that a run killed between writing and loading
    is finished by the next. A changed configuration needs a restart, which module longhouse_units does.
  - The administrator's password is random, made on the host, and readable by root only (/etc/redis/longhouse-admin).
options:
  instances:
    description: Instances of redis-server@NAME.
    type: list
    elements: dict
    required: true
    suboptions:
      name: {description: "Name of the instance.", type: str, required: true}
      config: {description: "Content of its configuration file.", type: str, required: true}
      users: {description: "User to rules as `ACL SETUSER` takes them, passwords hashed.", type: dict, required: true}
"""
EXAMPLES = r"""
- name: Keep the cache
  redis_instances:
    instances: [{name: cache, config: "port 0\n", users: {order: "on #… ~order:* resetchannels -@all +@read"}}]
"""
RETURN = r"""
changes: {description: "What was done, e.g. ['rules of cache loaded'].", type: list, returned: always}
"""

FOLDER = Path("/etc/redis")
ADMIN = "longhouse"
ADMIN_FILE = FOLDER / "longhouse-admin"
TRIAL_SECONDS = 5.0


def admin_password(module: AnsibleModule) -> str:
    """The administrator's password, made at the first call."""
    if not ADMIN_FILE.exists() and not module.check_mode:
        write_atomically(ADMIN_FILE, secrets.token_urlsafe(32).encode(), mode=0o600, uid=0, gid=0)
    return ADMIN_FILE.read_text() if ADMIN_FILE.exists() else ""


def access_rules(users: Mapping[str, str], password: str) -> str:
    """Content of an ACL file: nobody anonymous, one administrator, the given users."""
    hashed = hashlib.sha256(password.encode()).hexdigest()
    everyone = {**users, ADMIN: f"on #{hashed} ~* &* +@all", "default": "off resetchannels -@all"}
    return "".join(f"user {name} {rules}\n" for name, rules in sorted(everyone.items()))


def words(rules: str) -> dict[str, list[str]]:
    """Rules by user as comparable words; what Redis adds when it lists them is left out."""
    implied = {"sanitize-payload", "resetchannels", "-@all"}
    listed = [line.split() for line in rules.splitlines() if line.strip()]
    return {fields[1]: sorted(word for word in fields[2:] if word not in implied) for fields in listed}


def try_out(module: AnsibleModule, instance: str, config: str, rules: str) -> None:
    """Start a Redis with the new content in a directory of its own; ends the module when it does not come up."""
    with tempfile.TemporaryDirectory() as place:
        socket = Path(place, "socket")
        # Redis enters its directory while it reads the file, and systemd makes that one at the first start.
        lines = [line for line in config.splitlines() if not line.startswith("dir ")]
        Path(place, "conf").write_text("\n".join([*lines, ""]))
        Path(place, "acl").write_text(rules)
        trial = subprocess.Popen(
            ["redis-server", f"{place}/conf", "--dir", place, "--aclfile", f"{place}/acl", "--unixsocket", str(socket),
             "--appendonly", "no", "--logfile", "", "--supervised", "no", "--daemonize", "no"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        deadline = time.monotonic() + TRIAL_SECONDS
        while trial.poll() is None and not socket.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        accepted = trial.poll() is None and socket.exists()
        trial.terminate()
        output, _ = trial.communicate()
        if not accepted:
            module.fail_json(msg=f"instance {instance}: Redis refuses this, nothing was changed: {output.strip()}")


def command(instance: str, password: str, *words_: str) -> str | None:
    """Answer of a running instance to its administrator; None when it does not run or does not know us."""
    # By its standard input: an environment can be read in /proc.
    script = f"AUTH {ADMIN} {password or 'none'}\n{' '.join(words_)}\n"
    arguments = ["redis-cli", "-s", f"/run/redis-{instance}/redis.sock"]
    result = subprocess.run(arguments, input=script, capture_output=True, text=True, check=False)
    greeting, _, answer = result.stdout.partition("\n")
    refused = greeting != "OK" or answer.startswith(("ERR", "NOAUTH", "NOPERM"))
    return None if result.returncode or refused else answer


def settle(module: AnsibleModule, instance: Mapping[str, Any], password: str) -> list[str]:
    """Write and load what differs for one instance; returns what was done."""
    name = instance["name"]
    rules = access_rules(instance["users"], password)
    wanted = {FOLDER / f"redis-{name}.conf": instance["config"], FOLDER / f"redis-{name}.acl": rules}
    different = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    changes = [f"{path} written" for path in different]
    if different and not module.check_mode:
        try_out(module, name, instance["config"], rules)
        owner = pwd.getpwnam("redis")
        for path in different:
            write_atomically(path, wanted[path].encode(), mode=0o640, uid=owner.pw_uid, gid=owner.pw_gid)
    running = command(name, password, "ACL", "LIST")
    if running is not None and words(running) != words(rules):
        changes.append(f"rules of {name} loaded")
        answer = "OK" if module.check_mode else command(name, password, "ACL", "LOAD")
        if (answer or "").strip() != "OK":
            module.fail_json(msg=f"instance {name} does not load its rules: {answer}", changes=changes)
    return changes


def main() -> None:
    """Run as an Ansible module."""
    option = {
        "name": {"type": "str", "required": True},
        "config": {"type": "str", "required": True},
        "users": {"type": "dict", "required": True},
    }
    specification = {"instances": {"type": "list", "elements": "dict", "required": True, "options": option}}
    module = AnsibleModule(argument_spec=specification, supports_check_mode=True)
    if module.check_mode and not FOLDER.is_dir():
        module.exit_json(changed=True, changes=[])  # a bare host: everything would be written
    os.umask(0o077)
    password = admin_password(module)
    changes = [change for instance in module.params["instances"] for change in settle(module, instance, password)]
    module.exit_json(changed=bool(changes), changes=changes)


if __name__ == "__main__":
    main()
