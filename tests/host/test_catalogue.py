"""What role catalogue promises: a mistake stops the play with one line that names it, before the host has changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from testinfra.host import Host

ROOT = Path(__file__).resolve().parents[2]
WRONG = {"catalogue_services": [{"name": "shop", "state": "live", "port": 8091, "path": "x", "app": "x:y", "prot": 1}]}


def test_a_wrong_entry_stops_before_any_change(host: Host, pytestconfig: pytest.Config, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yml"
    file.write_text(json.dumps(WRONG))
    before = host.check_output("date +%s.%N")
    command = [
        str(Path(sys.executable).parent / "ansible-playbook"),
        *("-i", str(pytestconfig.getoption("--ansible-inventory")), "site.yml"),
        *("-e", f"catalogue_file={file}", "-e", '{"catalogue_overrides": {}}'),
    ]
    environment = os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode != 0
    assert "prot" in done.stdout
    assert str(file) in done.stdout
    assert host.check_output(f"find /etc /opt /usr/local -type f -newermt @{before}") == ""
