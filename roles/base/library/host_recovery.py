#!/usr/bin/python
"""Finish what a run that was killed inside apt left half done."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: host_recovery
short_description: Configure packages that were only unpacked, and lift a forgotten ban on starting daemons
description:
  - Says too how old apt's package lists may be to count. Images come without lists, in a directory that looks fresh.
  - The apt module forbids packages to start their daemons by a policy-rc.d that it removes at the end. Killed before
    that, it would forbid every later start too, for instance after a security upgrade.
"""
EXAMPLES = r"""
- name: Finish interrupted package work
  host_recovery:
"""
RETURN = r"""
recovered: {description: "What was finished.", type: list, returned: always}
lists_valid_seconds: {description: "For cache_valid_time; 0 without lists.", type: int, returned: always}
"""

POLICY = Path("/usr/sbin/policy-rc.d")
POLICY_OF_APT_MODULE = "#!/bin/sh\nexit 101\n"
STATUS = Path("/var/lib/dpkg/status")
LISTS = Path("/var/lib/apt/lists")
DAY = 86400
LOCK_SECONDS = 300.0
UPDATES = Path("/var/lib/dpkg/updates")
UNFINISHED = re.compile(r"^Status: \S+ \S+ (unpacked|half-\w+|triggers-\w+)$", re.MULTILINE)
CONFIGURE = ("dpkg", "--configure", "-a", "--force-confdef", "--force-confold")


def unfinished_packages() -> bool:
    """Whether dpkg stopped in the middle: packages not configured, or its journal not merged."""
    return any(UPDATES.glob("[0-9]*")) or UNFINISHED.search(STATUS.read_text()) is not None


def configure() -> subprocess.CompletedProcess[str]:
    """Let dpkg finish, after whoever holds its lock: the apt of a killed run goes on by itself."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        result = subprocess.run(CONFIGURE, capture_output=True, text=True, check=False, env=environment)
        if "lock was locked" not in result.stderr or time.monotonic() > deadline:
            return result
        time.sleep(1)


def main() -> None:
    """Run as an Ansible module."""
    module = AnsibleModule(argument_spec={}, supports_check_mode=True)
    recovered = []
    if unfinished_packages():
        recovered.append("interrupted package installation")
        if not module.check_mode:
            # The policy still stands here on purpose: daemons wait for their configuration.
            result = configure()
            if result.returncode:
                module.fail_json(msg="dpkg --configure -a failed; finish it by hand", stderr=result.stderr)
    if POLICY.exists() and POLICY.read_text() == POLICY_OF_APT_MODULE:
        recovered.append("forbidden daemon starts")
        if not module.check_mode:
            POLICY.unlink()
    valid = DAY if any(LISTS.glob("*Release")) else 0
    module.exit_json(changed=bool(recovered), recovered=recovered, lists_valid_seconds=valid)


if __name__ == "__main__":
    main()
