#!/usr/bin/python
"""Keep one directory of generated files per service below a common parent."""

from __future__ import annotations

import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.longhouse_directory import Directory

DOCUMENTATION = r"""
module: service_directories
short_description: Reconcile the configuration directories of all services in one call
description:
  - Writes C(path/<service>/<file>) for every service, removes files of the O(owned) names that are not intended, in the
    directories of other services too, and removes directories that became empty.
  - Files belong to root and are readable by all; each is replaced atomically. Supports check mode and diff mode.
options:
  path: {description: "Parent directory.", type: path, required: true}
  directories: {description: "Service to file name to content.", type: dict, required: true}
  owned: {description: "File names that belong to this module everywhere.", type: list, elements: str, required: true}
"""
EXAMPLES = r"""
- name: Configure the services
  service_directories:
    path: /etc/longhouse
    directories: {order: {env: "SERVICE=order\n"}}
    owned: [env]
"""
RETURN = r"""
written: {description: "C(<service>/<file>) with new content, owner or mode.", type: list, returned: always}
removed: {description: "C(<service>/<file>) that were removed.", type: list, returned: always}
"""


def directories(module: AnsibleModule) -> list[Directory]:
    """One per intended service, then one for every other directory that holds an owned file."""
    parent, wanted = Path(module.params["path"]), module.params["directories"]
    present = {entry.name for entry in parent.iterdir() if entry.is_dir()} if parent.is_dir() else set()
    found = []
    for name in sorted({*wanted, *present}):
        files = {file: content.encode() for file, content in wanted.get(name, {}).items()}
        found.append(Directory(parent / name, files, "", 0o644, 0, 0))
    return found


def surplus(directory: Directory, owned: list[str]) -> list[str]:
    """Owned files that nobody intends any more."""
    return [name for name in sorted(owned) if name not in directory.files and directory.present(name) is not None]


def difference(directory: Directory, name: str) -> dict[str, str]:
    """Before and after of one file."""
    before = directory.present(name)
    return {
        "before_header": str(directory.path / name),
        "after_header": str(directory.path / name),
        "before": before.content.decode(errors="replace") if before else "",
        "after": directory.files.get(name, b"").decode(),
    }


def main() -> None:
    """Entry point for Ansible."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "directories": {"type": "dict", "required": True},
            "owned": {"type": "list", "elements": "str", "required": True},
        },
        supports_check_mode=True,
    )
    written, removed, diffs = [], [], []
    for directory in directories(module):
        plan = directory.plan()
        plan.removed = surplus(directory, module.params["owned"])
        service = directory.path.name
        written += [f"{service}/{name}" for name in [*plan.written, *plan.adjusted]]
        removed += [f"{service}/{name}" for name in plan.removed]
        diffs += [difference(directory, name) for name in [*plan.written, *plan.removed]]
        if plan.changes and not module.check_mode:
            directory.apply(plan)
            if not os.listdir(directory.path):
                directory.path.rmdir()
    module.exit_json(changed=bool(written or removed), written=written, removed=removed, diff=diffs)


if __name__ == "__main__":
    main()
