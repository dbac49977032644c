#!/usr/bin/python
"""Make a directory hold exactly the generated files it is meant to hold."""

from __future__ import annotations

import grp
import os
import pwd
import re
import shlex
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.longhouse_directory import Directory, Plan, Present

DOCUMENTATION = r"""
module: longhouse_files
short_description: Reconcile a directory of generated files in one call
description:
  - Writes the files that are missing or different, removes those it owns that are no longer intended, and says exactly
    which. Each file is replaced atomically; a file that is right is not touched, so its time tells when it changed.
  - With O(validate), the whole configuration is checked after writing, and everything is put back when it is refused.
  - Supports check mode and diff mode.
options:
  path: {description: "Absolute path of the directory; it is created when missing.", type: path, required: true}
  files: {description: "File name to content.", type: dict, required: true}
  owned:
    description: "Glob of the names in O(path) that belong to this call; others are left alone. Empty removes nothing."
    type: str
    default: ""
  mark:
    description: "How a file begins that this call made. Others are never removed, although O(owned) fits their names."
    type: str
    default: ""
  owner: {description: "Owner of the files.", type: str, default: root}
  group: {description: "Group of the files.", type: str, default: root}
  mode: {description: "Mode of the files, octal.", type: str, default: "0644"}
  validate:
    description:
      - Command, without a shell, that accepts or refuses the configuration as it stands; C(%s) stands for O(path).
      - It runs on every call outside check mode, because an earlier call may have been killed before it.
    type: str
    default: ""
"""
EXAMPLES = r"""
- name: Render the sites
  longhouse_files:
    path: /etc/nginx/conf.d
    owned: longhouse-*.conf
    files: "{{ edge_files }}"
    validate: nginx -t
"""
RETURN = r"""
written: {description: "Names of files with new content, sorted.", type: list, returned: always}
adjusted: {description: "Names of files with a new owner or mode only.", type: list, returned: always}
removed: {description: "Names of files that were removed.", type: list, returned: always}
"""
SAFE_NAME = re.compile(r"[A-Za-z0-9_@%+=,:~-][A-Za-z0-9_.@%+=,:~-]*")


def checked_files(module: AnsibleModule) -> dict[str, bytes]:
    """The intended files; ends the module when a name could leave the directory or content is no text."""
    for name, content in module.params["files"].items():
        if not SAFE_NAME.fullmatch(name):
            module.fail_json(msg=f"files: '{name}' is no plain file name; it may not begin with a dot or hold a slash")
        if not isinstance(content, str):
            module.fail_json(msg=f"files: the content of '{name}' is {type(content).__name__}, not text")
        if module.params["owned"] and not fnmatchcase(name, module.params["owned"]):
            module.fail_json(msg=f"files: '{name}' does not match owned '{module.params['owned']}', "
                                 "so it could never be removed again; rename it or widen owned")  # fmt: skip
        if not content.startswith(module.params["mark"]):
            module.fail_json(msg=f"files: '{name}' does not begin with mark '{module.params['mark']}', "
                                 "so it could never be removed again; write it into its first line")  # fmt: skip
    return {name: content.encode() for name, content in module.params["files"].items()}


def identity(module: AnsibleModule, key: str, look_up: Callable[[str], int]) -> int | None:
    """Numeric id of owner or group. In check mode it may not exist yet: an earlier task would have made it."""
    try:
        return look_up(module.params[key])
    except KeyError:
        if module.check_mode:
            return None
        module.fail_json(msg=f"{key}: '{module.params[key]}' does not exist on this host; create it before this task")
        raise  # fail_json ends the process; this is for readers and type checkers


def differences(directory: Directory, plan: Plan) -> list[dict[str, str]]:
    """Before and after of each change, as Ansible's diff mode wants them."""
    diffs = []
    for name in plan.changes:
        before = directory.present(name)
        path = str(directory.path / name)
        if name in plan.adjusted and before is not None:
            diffs.append({"before_header": path, "after_header": path,
                          "before": f"{before.mode:04o} {before.uid}:{before.gid}\n",
                          "after": f"{directory.mode:04o} {directory.uid}:{directory.gid}\n"})  # fmt: skip
            continue
        diffs.append({"before_header": path, "after_header": path, "before": readable(before),
                      "after": directory.files.get(name, b"").decode()})  # fmt: skip
    return diffs


def readable(present: Present | None) -> str:
    """Text of a file for a diff."""
    if present is None:
        return ""
    return f"-> {present.target}\n" if present.target else present.content.decode(errors="replace")


def validate(module: AnsibleModule, directory: Directory, before: dict[str, Present | None]) -> None:
    """Ask the validation command; when it refuses, put everything back and end the module."""
    command = [word.replace("%s", str(directory.path)) for word in shlex.split(module.params["validate"])]
    if not command:
        return
    try:
        code, output, errors = module.run_command(command, handle_exceptions=False)
    except OSError as error:
        code, output, errors = 127, "", str(error)
    if code == 0:
        return
    directory.restore(before)
    outcome = "everything was put back as it was" if before else "which this call had not changed"
    module.fail_json(msg=f"{directory.path}: `{shlex.join(command)}` refused the configuration, {outcome}: "
                         f"{(errors or output).strip()}", rc=code, stdout=output, stderr=errors)  # fmt: skip


def main() -> None:
    """Entry point for Ansible."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "files": {"type": "dict", "required": True},
            "owned": {"type": "str", "default": ""},
            "mark": {"type": "str", "default": ""},
            "owner": {"type": "str", "default": "root"},
            "group": {"type": "str", "default": "root"},
            "mode": {"type": "str", "default": "0644"},
            "validate": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    if not re.fullmatch(r"0?[0-7]{3}", module.params["mode"]):
        module.fail_json(msg=f"mode: '{module.params['mode']}' is not octal; write it in quotes, such as '0644'")
    if not os.path.isabs(module.params["path"]):
        module.fail_json(msg=f"path: '{module.params['path']}' is not absolute")
    directory = Directory(
        path=Path(module.params["path"]),
        files=checked_files(module),
        owned=module.params["owned"],
        mark=module.params["mark"],
        mode=int(module.params["mode"], 8),
        uid=identity(module, "owner", lambda name: pwd.getpwnam(name).pw_uid),
        gid=identity(module, "group", lambda name: grp.getgrnam(name).gr_gid),
    )
    try:
        reconcile(module, directory)
    except OSError as error:
        module.fail_json(msg=f"{directory.path}: {error}; nothing was changed")


def reconcile(module: AnsibleModule, directory: Directory) -> None:
    """Bring the directory to its intended state and end the module."""
    plan = directory.plan()
    result: dict[str, Any] = {"written": plan.written, "adjusted": plan.adjusted, "removed": plan.removed}
    if module._diff:
        result["diff"] = differences(directory, plan)
    changed = bool(plan.changes) or not directory.path.is_dir()
    if not module.check_mode:
        validate(module, directory, directory.apply(plan) if changed else {})
    module.exit_json(changed=changed, **result)


if __name__ == "__main__":
    main()
