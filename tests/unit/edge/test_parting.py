"""Connections that clients keep get their time to end, and no more than they need."""

from __future__ import annotations

import os
import re
import sys
import time
from pathlib import Path

import pytest

from tests.unit.plugins import ROOT

sys.path.insert(0, str(ROOT / "roles" / "edge" / "files"))

import edge_parting

NGINX = 'users:(("nginx",pid=7,fd=6),("nginx",pid=8,fd=6))'
LISTENING = f"""LISTEN 0 511 0.0.0.0:443 0.0.0.0:* {NGINX}
LISTEN 0 511 [::]:80 [::]:* {NGINX}
LISTEN 0 511 127.0.0.1:8080 0.0.0.0:* {NGINX}
LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=3,fd=6))
ESTAB 0 0 192.0.2.7:22 192.0.2.9:4711 users:(("sshd",pid=4,fd=6))
ESTAB 0 0 127.0.0.1:8080 127.0.0.1:4711 {NGINX}
TIME-WAIT 0 0 192.0.2.7:443 192.0.2.9:4712
"""
CLIENT = f"ESTAB 0 0 192.0.2.7:443 192.0.2.9:4713 {NGINX}\n"
GREETING = "SYN-RECV 0 0 [2001:db8::7]:80 [2001:db8::9]:4713\n"


@pytest.fixture(autouse=True)
def parting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(edge_parting, "PARTING", tmp_path / "parting")
    monkeypatch.setattr(edge_parting, "KEPT_SECONDS", 2)
    monkeypatch.setattr(edge_parting, "SEEN_SECONDS", 0.01)
    return tmp_path / "parting"


def sockets(said: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `ss` say that."""
    (folder / "ss").write_text(f"#!/bin/sh\necho >> {folder}/asked\ncat <<'.'\n{said}.\n")
    (folder / "ss").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


@pytest.mark.parametrize(
    ("said", "nobody"),
    [(LISTENING, True), (LISTENING + CLIENT, False), (LISTENING + GREETING, False), ("", False),
     (LISTENING.replace(NGINX, ""), False)],
    ids=["nobody", "a client", "one that just comes", "nothing known", "processes cannot be seen"],
)  # fmt: skip
def test_only_who_sees_that_nobody_is_connected_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, nobody: bool
) -> None:
    sockets(said, tmp_path, monkeypatch)
    assert edge_parting.nobody_is_connected() is nobody


@pytest.mark.parametrize(("said", "waits"), [(LISTENING, False), (LISTENING + CLIENT, True)])
def test_a_reload_waits_for_clients_and_for_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parting: Path, said: str, waits: bool
) -> None:
    sockets(said, tmp_path, monkeypatch)
    umask = os.umask(0o077)
    edge_parting.part(lasting=5)
    os.umask(umask)
    looks = len((tmp_path / "asked").read_text().splitlines())
    assert (looks > 1) is waits
    # Not longer than that after its end, however long it could have taken.
    assert 4 <= float(parting.read_text()) - time.time() <= 6
    # By Nginx's workers.
    assert parting.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.glob("*.new")) == []


def test_connections_get_the_time_in_which_nginx_ends_idle_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    template = (ROOT / "nginx/templates/http.conf.j2").read_text()
    (seconds,) = re.findall(r"^keepalive_timeout (\d+)s;", template, re.MULTILINE)
    assert int(seconds) < edge_parting.KEPT_SECONDS
    assert str(edge_parting.PARTING) in (ROOT / "nginx/snippets/parting.lua").read_text()
