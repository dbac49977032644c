"""A release that no client notices."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.e2e.client import Client
from tests.e2e.sandbox import ROOT, Sandbox
from tests.e2e.traffic import Traffic

TOOLS = Path(sys.executable).parent


def succeed(*words: str) -> None:
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, (done.stdout + done.stderr)[-8_000:]


def colour_and_version(client: Client) -> tuple[str, str]:
    told = client.get("/health/order").json()
    return told["colour"], told["version"]


@pytest.fixture
def changed_catalogue(tmp_path: Path) -> Path:
    """The catalogue with one more setting for the order service: reason enough for a new colour."""
    catalogue = yaml.safe_load((ROOT / "services" / "catalogue.yml").read_text())
    entry = next(entry for entry in catalogue["catalogue_services"] if entry["name"] == "order")
    entry["settings"] = {**entry.get("settings", {}), "RELEASE_UNDER_LOAD": "1"}
    file = tmp_path / "catalogue.yml"
    file.write_text(json.dumps(catalogue))
    return file


def test_no_request_fails_while_a_service_moves_to_another_colour_and_back(
    customer: Client, sandbox: Sandbox, changed_catalogue: Path
) -> None:
    play = [str(TOOLS / "ansible-playbook"), "-i", sandbox.inventory, "playbooks/services.yml"]
    colour, _ = colour_and_version(customer)
    with Traffic(sandbox, customer.tokens["access_token"]) as traffic:
        succeed(*play, "--extra-vars", f"catalogue_file={changed_catalogue}")
        assert colour_and_version(customer)[0] != colour
        succeed(*play)
        assert colour_and_version(customer)[0] == colour
    assert traffic.failures == []
    assert traffic.answers[201] > 100


def test_deploy_leaves_the_release_live_and_no_request_fails(customer: Client, sandbox: Sandbox) -> None:
    with Traffic(sandbox, customer.tokens["access_token"]) as traffic:
        succeed(sys.executable, "-m", "control", "deploy", "order", "--host", sandbox.name)
    assert traffic.failures == []
    assert traffic.answers[201] > 20
    assert customer.get("/health/order").status_code == 200
