"""What `./longhouse init` writes is an inventory that the site runs with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from control.inventory.creation import Wish, create
from tests.convergence.site import SandboxHost, play


def test_the_site_runs_with_a_written_inventory(
    host: SandboxHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In check mode: the secrets are others than the host's, and nothing of it shall change."""
    connection = yaml.safe_load((host.inventory / "group_vars" / "all" / "host.yml").read_text())
    created = create(tmp_path, tmp_path, Wish("staging", connection["ansible_host"], "staging.example.org"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ANSIBLE_PRIVATE_KEY_FILE", connection["ansible_ssh_private_key_file"])
    monkeypatch.setenv("ANSIBLE_SSH_COMMON_ARGS", connection["ansible_ssh_common_args"])
    written = replace(host, inventory=tmp_path / created.folder)
    newest = "find /etc /opt/longhouse /usr/local -type f -printf '%T@ %p\\n' | sort -n | tail -1"
    before = host.run(newest)
    # All of the site but its last play, which would ask a host that was not changed for the new domain.
    plays = [f"playbooks/{name}.yml" for name in ("host", "data", "services", "edge", "observability")]
    # What is not committed yet is no matter of the inventory's.
    run = play(written, *plays[1:], "--check", "-e", json.dumps({"release_only_committed": ""}), playbook=plays[0])
    assert run.status == 0, run.output[-4000:]
    assert run.changed
    assert host.run(newest) == before
