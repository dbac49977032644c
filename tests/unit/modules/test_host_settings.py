"""Kernel settings: a star stands for each name there is; what is as it should be is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.sources import load

host_settings = load("roles/base/library/host_settings.py")

REDIRECTS = [["net.ipv4.conf.*.accept_redirects", "=", "0"]]


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in (("all", "0"), ("eth0", "1"), ("eth0.7", "1")):
        setting = tmp_path / "net/ipv4/conf" / name / "accept_redirects"
        setting.parent.mkdir(parents=True)
        setting.write_text(f"{value}\n")
    monkeypatch.setattr(host_settings, "KERNEL", tmp_path)
    return tmp_path


def values(kernel: Path) -> dict[str, str]:
    return {path.parent.name: path.read_text().strip() for path in kernel.glob("net/ipv4/conf/*/accept_redirects")}


def test_a_star_stands_for_each_name(kernel: Path) -> None:
    changed = host_settings.kernel_settings(REDIRECTS, write=True)
    assert changed == ["sysctl net.ipv4.conf.eth0.accept_redirects", "sysctl net.ipv4.conf.eth0.7.accept_redirects"]
    assert values(kernel) == {"all": "0", "eth0": "0", "eth0.7": "0"}
    assert host_settings.kernel_settings(REDIRECTS, write=True) == []


def test_a_setting_this_kernel_does_not_know_is_none(kernel: Path) -> None:
    assert host_settings.kernel_settings([["net.ipv6.conf.*.accept_redirects", "=", "0"]], write=True) == []
    assert values(kernel)["eth0"] == "1"
