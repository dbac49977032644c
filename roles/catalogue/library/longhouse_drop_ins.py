#!/usr/bin/python
"""Put drop-in files at their places in several directories, in one call and all or none."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.longhouse_directory import Directory, Present

DOCUMENTATION = r"""
module: longhouse_drop_ins
short_description: Write files at fixed paths, each atomically, validated together
description:
  - A daemon's drop-ins lie in several directories (its own, systemd's). One call writes them and asks one command
    whether the daemon accepts them; when it does not, every file is put back. Directories that are reconciled as a
    whole, with removal, are the business of module longhouse_files.
  - Files belong to whoever runs the module, that is root, and are readable by all. Supports check mode and diff mode.
options:
  files: {description: "Absolute path to content.", type: dict, required: true}
  validate:
    description:
      - Command, without a shell, that judges the files as they stand. It runs on every call outside check mode.
    type: str
    default: ""
"""
EXAMPLES = r"""
- name: Configure the database
  longhouse_drop_ins:
    files:
      /etc/postgresql/17/main/conf.d/longhouse.conf: "{{ lookup('ansible.builtin.template', 'longhouse.conf.j2') }}"
"""
RETURN = r"""
written: {description: "Paths that changed, sorted.", type: list, returned: always}
"""

Undo = list[tuple[Directory, dict[str, Present | None]]]


def by_directory(files: Mapping[str, str]) -> list[Directory]:
    """One Directory for each parent."""
    parents = sorted({os.path.dirname(path) for path in files})
    return [
        Directory(
            path=Path(parent),
            files={os.path.basename(p): text.encode() for p, text in files.items() if os.path.dirname(p) == parent},
            owned="",
            mode=0o644,
            uid=os.geteuid(),
            gid=os.getegid(),
        )
        for parent in parents
    ]


def restore(undo: Undo) -> None:
    """Take back everything that was written."""
    for directory, before in reversed(undo):
        directory.restore(before)


def accept(module: AnsibleModule, undo: Undo) -> None:
    """Ask the validation command; when it refuses, put everything back and end the module."""
    command = shlex.split(module.params["validate"])
    if not command:
        return
    code, output, errors = module.run_command(command)
    if code:
        restore(undo)
        module.fail_json(
            msg=f"`{shlex.join(command)}` refused this, everything was put back: {(errors or output).strip()}"
        )


def main() -> None:
    """Entry point for Ansible."""
    specification = {"files": {"type": "dict", "required": True}, "validate": {"type": "str", "default": ""}}
    module = AnsibleModule(argument_spec=specification, supports_check_mode=True)
    wrong = [p for p, text in module.params["files"].items() if not (os.path.isabs(p) and isinstance(text, str))]
    if wrong:
        module.fail_json(msg=f"files: needs absolute paths with text, not {', '.join(wrong)}")
    written: list[str] = []
    diffs: list[dict[str, str]] = []
    undo: Undo = []
    for directory in by_directory(module.params["files"]):
        plan = directory.plan()
        for name in plan.changes:
            before, path = directory.present(name), str(directory.path / name)
            old, new = before.content.decode(errors="replace") if before else "", directory.files[name].decode()
            diffs.append({"before_header": path, "after_header": path, "before": old, "after": new})
            written.append(path)
        if plan.changes and not module.check_mode:
            undo.append((directory, directory.apply(plan)))
    if not module.check_mode:
        accept(module, undo)
    module.exit_json(changed=bool(written), written=sorted(written), diff=diffs)


if __name__ == "__main__":
    main()
