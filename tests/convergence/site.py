"""Running the product's own playbook against a sandbox host and reading what it says it did."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ANSIBLE = Path(sys.executable).parent / "ansible-playbook"


@dataclass(frozen=True)
class Run:
    """A finished playbook run: exit status, the changed task names in order, and the text it printed."""

    status: int
    changed: list[str]
    output: str


@dataclass(frozen=True)
class SandboxHost:
    """What `.longhouse/hosts/<name>.json` promises about a host."""

    name: str
    inventory: Path
    ssh: list[str]

    @classmethod
    def read(cls, name: str) -> SandboxHost:
        state = json.loads((ROOT / ".longhouse" / "hosts" / f"{name}.json").read_text())
        return cls(name=name, inventory=Path(state["inventory"]), ssh=state["ssh"])

    def run(self, command: str) -> str:
        """Run one shell command as root on the host and return its output; raises when it fails."""
        return subprocess.run([*self.ssh, command], check=True, capture_output=True, text=True, timeout=120).stdout

    def main_pids(self, *units: str) -> dict[str, int]:
        """Main process id of each unit, 0 for one that does not run."""
        answer = self.run("systemctl show --property=Id,MainPID " + " ".join(units))
        blocks = [dict(line.split("=", 1) for line in block.splitlines()) for block in answer.strip().split("\n\n")]
        return {block["Id"]: int(block["MainPID"]) for block in blocks}


def command(host: SandboxHost, *arguments: str, playbook: str = "site.yml") -> list[str]:
    return [str(ANSIBLE), "-i", str(host.inventory), playbook, *arguments]


def environment() -> dict[str, str]:
    return os.environ | {
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        "PATH": f"{ANSIBLE.parent}:{os.environ['PATH']}",
    }


def play(
    host: SandboxHost,
    *arguments: str,
    playbook: str = "site.yml",
    patience: float = 900,
    tree: Path = ROOT,
    variables: Mapping[str, str] | None = None,
) -> Run:
    """Run a playbook of `tree`, `variables` in its environment; it must end within `patience` seconds."""
    done = subprocess.run(
        command(host, *arguments, playbook=playbook),
        cwd=tree,
        env={**environment(), **(variables or {})},
        check=False,
        capture_output=True,
        text=True,
        timeout=patience,
    )
    return Run(done.returncode, _changed_tasks(done.stdout), done.stdout + done.stderr)


def _changed_tasks(text: str) -> list[str]:
    start = text.find("{\n")
    if start < 0:
        return []
    report: dict[str, Any] = json.JSONDecoder().raw_decode(text[start:])[0]
    return [
        task["task"]["name"]
        for done in report["plays"]
        for task in done["tasks"]
        if any(result.get("changed") for result in task["hosts"].values())
    ]
