"""The first call on a bare machine: says what it lacks, and why it stops when it cannot go on."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "longhouse"


@pytest.fixture
def bootstrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("longhouse_bootstrap", str(SCRIPT))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    loader.exec_module(module)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "LOG", tmp_path / ".longhouse" / "bootstrap.log")
    return module


def test_a_bare_machine_lacks_every_package(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["longhouse", "up"])
    assert set(bootstrap.missing_packages()) >= {
        "mmdebstrap", "systemd-container", "openssh-client", "iproute2", "nftables", "rsync",
    }  # fmt: skip


def test_only_the_tests_ask_for_a_browser(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["longhouse", "up"])
    assert "chromium" not in bootstrap.missing_packages()
    monkeypatch.setattr("sys.argv", ["longhouse", "test", "e2e"])
    assert "chromium" in bootstrap.missing_packages()


def test_without_root_nothing_is_installed_and_the_command_is_named(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr("sys.argv", ["longhouse", "up"])
    monkeypatch.setattr(bootstrap, "run", lambda *_, **__: pytest.fail("it tried to install"))
    with pytest.raises(SystemExit, match=r"sudo \./longhouse up"):
        bootstrap.install_debian_packages(["mmdebstrap"])


def test_a_machine_without_apt_is_told_what_to_use(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match="Debian 12, 13 or a recent Ubuntu"):
        bootstrap.install_debian_packages(["mmdebstrap"])


def test_an_old_python_is_told_which_one_is_needed(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer and this is 3\.9"):
        bootstrap.main()


def test_a_failing_installation_shows_the_end_of_its_log(
    bootstrap: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="ended with status 3; the whole log is"):
        bootstrap.run("something", ["bash", "-c", "echo the reason >&2; exit 3"], ["touch", "/nowhere/never-reached"])
    assert "the reason" in capsys.readouterr().err


def test_another_lock_makes_another_environment(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text("ansible==1\n")
    monkeypatch.setattr(bootstrap, "LOCKS", (lock,))
    before = bootstrap.wanted_stamp()
    assert bootstrap.wanted_stamp() == before
    lock.write_text("ansible==2\n")
    assert bootstrap.wanted_stamp() != before
