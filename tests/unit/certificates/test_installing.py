"""What the edge serves changes only to a pair that clients can be served with."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from longhouse_certificate import installing, plan

from tests.unit.certificates.conftest import LIFE, NAMES, NOW, Host


@pytest.fixture(autouse=True)
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In place of systemd: the edge does not run, starting a unit fails, and each call is a line of a file."""
    programs, calls = tmp_path / "bin", tmp_path / "calls"
    programs.mkdir()
    calls.touch()
    (programs / "systemctl").write_text(f'#!/bin/sh\necho "$*" >> {calls}\nexit 3\n')
    (programs / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    return calls


def test_what_was_issued_is_put_in_place_and_only_root_reads_the_key(host: Host) -> None:
    pair = host.issue()
    assert installing.install(host.plan).startswith("in place")
    assert host.served() == pair
    assert (host.plan.served / "key.pem").stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in host.plan.served.iterdir()) == ["fullchain.pem", "key.pem"]


def test_what_is_served_already_disturbs_nobody(host: Host, systemctl: Path) -> None:
    host.serve(*host.issue())
    assert installing.install(host.plan) == "served already"
    assert systemctl.read_text() == ""


def unfit_key(host: Host) -> None:
    (host.plan.issued / "privkey.pem").write_bytes(host.authority.issue(*NAMES)[1])


def unfit_order(host: Host) -> None:
    file = host.plan.issued / "fullchain.pem"
    first, end, rest = file.read_bytes().partition(b"-----END CERTIFICATE-----\n")
    stranger = host.authority.issue("elsewhere.example.com")[0].partition(end)[0] + end
    file.write_bytes(first + end + stranger + rest)


def unfit_text(host: Host) -> None:
    (host.plan.issued / "fullchain.pem").write_text("half of it")


def unfit_names(host: Host) -> None:
    host.issue("elsewhere.example.com")


def unfit_time(host: Host) -> None:
    host.issue(begin=NOW - 2 * LIFE)


@pytest.mark.parametrize("spoil", [unfit_key, unfit_order, unfit_text, unfit_names, unfit_time])
def test_what_no_client_would_accept_is_refused_and_the_old_pair_stays(host: Host, spoil: object) -> None:
    before = host.authority.issue(*NAMES)
    host.serve(*before)
    host.issue()
    spoil(host)  # type: ignore[operator]
    with pytest.raises(plan.CertificateError):
        installing.install(host.plan)
    assert host.served() == before


def test_a_run_of_the_play_asks_only_when_another_one_is_wanted(host: Host, systemctl: Path) -> None:
    host.serve(*host.issue())
    assert installing.settle(host.plan) == "unchanged"
    assert systemctl.read_text() == ""
    host.issue("elsewhere.example.com")
    assert installing.settle(host.plan).startswith("waiting")
    assert systemctl.read_text() == "start longhouse-certificate@due.service\n"
