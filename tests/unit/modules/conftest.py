"""Runs the project's modules for real: as Ansible would on a host, in a process of their own."""

from __future__ import annotations

import grp
import json
import multiprocessing
import os
import pwd
import runpy
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ansible.module_utils
import pytest
from ansible.module_utils import basic

ROLES = Path(__file__).resolve().parents[3] / "roles"
Run = Callable[..., dict[str, Any]]

# Ansible packs a role's module_utils into `ansible.module_utils`; a longer search path does the same.
ansible.module_utils.__path__.extend(str(path) for path in ROLES.glob("*/module_utils"))


def _become(module: str, arguments: dict[str, Any], environment: dict[str, str], output: Path) -> None:
    os.environ.update(environment)
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    sys.argv = [module]
    with output.open("w", encoding="utf-8") as stream:
        os.dup2(stream.fileno(), 1)
        sys.stdout = stream
        try:
            (place,) = ROLES.glob(f"*/library/{module}.py")
            runpy.run_path(str(place), run_name="__main__")
        except Exception:  # the module's own crash is the answer to show
            stream.write(traceback.format_exc())


@pytest.fixture
def run_module(tmp_path: Path) -> Run:
    """`run(module, check=False, diff=False, environment={}, **arguments)` -> the module's JSON answer.

    The module gets a process of its own, forked because importing Ansible anew each time takes half a second.
    """

    def run(
        module: str,
        *,
        check: bool = False,
        diff: bool = False,
        environment: dict[str, str] | None = None,
        **arguments: Any,
    ) -> dict[str, Any]:
        internal = {"_ansible_check_mode": check, "_ansible_diff": diff, "_ansible_remote_tmp": str(tmp_path / ".tmp")}
        output = tmp_path / ".answer"
        process = multiprocessing.get_context("fork").Process(
            target=_become, args=(module, arguments | internal, environment or {}, output)
        )
        process.start()
        process.join(timeout=30)
        text = output.read_text(encoding="utf-8")
        try:
            answer: dict[str, Any] = json.loads(text)
        except json.JSONDecodeError:
            pytest.fail(f"{module} gave no JSON:\n{text}")
        return answer | {"everything": text}

    return run


@pytest.fixture
def me() -> dict[str, str]:
    """`owner` and `group` of whoever runs the tests."""
    return {"owner": pwd.getpwuid(os.geteuid()).pw_name, "group": grp.getgrgid(os.getegid()).gr_name}
