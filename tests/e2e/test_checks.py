"""playbooks/checks.yml finds nothing wrong in a good house, and names what is wrong in another."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.e2e.sandbox import ROOT, Sandbox
from tests.e2e.stand_in import in_place_of


def look(sandbox: Sandbox) -> subprocess.CompletedProcess[str]:
    command = [
        str(Path(sys.executable).parent / "ansible-playbook"), "-i", sandbox.inventory, "playbooks/checks.yml",
        "--extra-vars", '{"checks_patience": 5}',
    ]  # fmt: skip
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def test_a_good_house_passes(sandbox: Sandbox) -> None:
    seen = look(sandbox)
    assert seen.returncode == 0, seen.stdout
    assert "changed=0" in seen.stdout


def test_links_that_lead_elsewhere_are_named_with_the_next_command(sandbox: Sandbox) -> None:
    with in_place_of("notification", "absent", sandbox):
        seen = look(sandbox)
    assert seen.returncode != 0
    assert "service-ready notification:" in seen.stdout
    assert "links-match notification:" in seen.stdout
    assert "Next: " in seen.stdout
    assert "links-match order:" not in seen.stdout


def test_a_dead_fleet_and_a_failed_unit_are_named(sandbox: Sandbox) -> None:
    unit = sandbox.run(
        "systemctl list-units --plain --no-legend 'longhouse-notification-fleet@*' | cut -d' ' -f1"
    ).strip()
    try:
        sandbox.run(f"systemctl stop {unit}; systemd-run -q --unit bad-omen false || true")
        seen = look(sandbox)
    finally:
        sandbox.run(f"systemctl reset-failed bad-omen; systemctl start {unit}")
    assert seen.returncode != 0
    assert "fleet-runs notification:" in seen.stdout
    assert "bad-omen.service" in seen.stdout
