"""Two clones on one machine never get the same network, however close together they boot."""

from __future__ import annotations

from ipaddress import IPv4Network
from pathlib import Path

import pytest

from control.sandbox import claims

NETWORK = IPv4Network("10.213.0.4/30")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "_FOLDER", tmp_path / "networks")


def test_nothing_is_claimed_at_first() -> None:
    assert claims.claimed() == []


def test_a_claim_holds_as_long_as_its_host(tmp_path: Path) -> None:
    record = tmp_path / "other-clone" / "sandbox.json"
    record.parent.mkdir()
    record.touch()
    claims.claim(NETWORK, record)
    assert claims.claimed() == claims.claimed() == [NETWORK]
    record.unlink()
    assert claims.claimed() == []
    record.touch()
    assert claims.claimed() == [], "the network is free for others once it was let go"
