"""Failpoints: armed once, carried out once, never outside a sandbox, and nothing when they are off."""

import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from chassis import failpoints
from chassis.settings import InvalidSettingsError, ServiceSettings, load_settings


@dataclass(frozen=True)
class Settings:
    failpoints: bool
    service: str = "sample"


@pytest.fixture
def armed(tmp_path: Path) -> Path:
    """The file that arms ``relay.confirmed``."""
    folder = tmp_path / "sample" / "failpoints"
    folder.mkdir(parents=True)
    file = folder / "relay.confirmed"
    file.write_text("kill\n")
    return file


def passes(folder: Path, *names: str) -> int:
    """Exit status of a process that reaches the named failpoints."""
    program = (
        "import sys; from pathlib import Path; from types import SimpleNamespace; from chassis import failpoints\n"
        "failpoints.enable(SimpleNamespace(service='sample', failpoints=True), folder=Path(sys.argv[1]))\n"
        "for name in sys.argv[2:]: failpoints.reach(name)"
    )
    return subprocess.run([sys.executable, "-c", program, folder, *names], check=False).returncode


def test_an_armed_failpoint_kills_once(tmp_path: Path, armed: Path) -> None:
    assert passes(tmp_path, "relay.claimed") == 0
    assert passes(tmp_path, "relay.claimed", "relay.confirmed") == -signal.SIGKILL
    assert not armed.exists()
    assert passes(tmp_path, "relay.confirmed") == 0


def test_off_nothing_is_looked_for(tmp_path: Path, armed: Path) -> None:
    failpoints.enable(Settings(failpoints=False), folder=tmp_path)
    failpoints.reach("relay.confirmed")
    assert armed.exists()


def test_steps_of_a_process_are_failpoints() -> None:
    with pytest.raises(KeyError):
        failpoints.steps("relay")("no such step")
    for step in ("claimed", "published", "confirmed", "settled"):
        failpoints.steps("relay")(step)
    for step in ("inboxed", "handled", "committed"):
        failpoints.steps("consumer")(step)


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_no_other_environment_may_switch_them_on(environment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"SERVICE": "sample", "CURSOR_KEY": "x" * 16, "FAILPOINTS": "true"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ENVIRONMENT", "sandbox")
    assert load_settings(ServiceSettings).failpoints
    monkeypatch.setenv("ENVIRONMENT", environment)
    with pytest.raises(InvalidSettingsError, match="FAILPOINTS lets anybody"):
        load_settings(ServiceSettings)
