"""From another host: ssh and the edge's ports, and nothing else, whatever listens; and ssh lets keys in, slowly."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

import pytest

from tests.e2e.client import Client
from tests.e2e.sandbox import Sandbox

SCAN = Path(__file__).parent / "port_scan.py"
SHOWN = {"tcp": [22, 80, 443], "udp": []}
# What answers whoever asks, on a TCP and a UDP port that somebody opened by mistake.
MISTAKE = """
import socket
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
    one = socket.socket(socket.AF_INET6, kind)
    one.bind(("::", 161))
    if kind == socket.SOCK_STREAM:
        one.listen()
        open_port = one
while True:
    one.sendto(b"here", one.recvfrom(2048)[1])
"""
LINK_LOCAL = "fe80::10"


@pytest.fixture(scope="module", autouse=True)
def mistake(sandbox: Sandbox) -> Iterator[None]:
    """Something on the host listens to the world, as happens."""
    sandbox.run(f"systemd-run --quiet --collect --unit=mistake python3 -c {quote(MISTAKE)}")
    yield
    sandbox.run("systemctl stop mistake")


def test_another_host_sees_ssh_and_the_edge(sandbox: Sandbox, outpost: list[str]) -> None:
    assert seen([*outpost, f"python3 - {sandbox.address}"]) == SHOWN


def test_a_neighbour_sees_no_more_by_ipv6(sandbox: Sandbox) -> None:
    """Sandbox hosts have no IPv6 of their own; this one gets an address on its link for as long as it is looked at."""
    link = json.loads(subprocess.check_output(["ip", "-json", "route", "get", sandbox.address]))[0]["dev"]
    sandbox.run(f"ip address add {LINK_LOCAL}/64 dev host0 nodad")
    try:
        assert seen([sys.executable, "-", f"{LINK_LOCAL}%{link}", "16384"]) == SHOWN
    finally:
        sandbox.run(f"ip address delete {LINK_LOCAL}/64 dev host0")


def test_who_is_scanned_serves_on(anybody: Client) -> None:
    assert anybody.get("/api/users").status_code == 401


def test_a_password_is_not_even_asked_for(sandbox: Sandbox, outpost: list[str]) -> None:
    for user in ("root", "nobody", "longhouse_user"):
        options = "-o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
        words = [*outpost, f"ssh {options} {user}@{sandbox.address}"]
        refused = subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)
        assert "Permission denied (publickey)." in refused.stderr, refused.stderr


def test_who_holds_ssh_and_says_nothing_keeps_nobody_else_out(sandbox: Sandbox, outpost: list[str]) -> None:
    """sshd has room for so many that have not logged in, whoever they are, and turns others away by chance."""
    hold = f"""
import socket, sys
held = [socket.create_connection(("{sandbox.address}", 22), 2) for _ in range(60)]
print(len(held), flush=True)
sys.stdin.read()"""
    words = [*outpost, f"python3 -u -c '{hold}'"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "60\n"
        assert [sandbox.run("echo here") for _ in range(8)] == ["here\n"] * 8
        # Its input ends, and it with it.
        holder.communicate()


def test_who_knocks_without_end_at_ssh_is_not_heard(sandbox: Sandbox, outpost: list[str]) -> None:
    """Last in this file: the outpost is not heard for a while. Everybody else is."""
    address = outpost[-1].partition("@")[2]
    # A sandbox host hears an address 6000 times a minute; of this one, it has heard nearly enough.
    allowance = "limit rate over 60/minute burst 20 packets"
    # Of an address that it knows already it would go on with the old allowance.
    forget = f"nft delete element inet longhouse ssh_callers4 '{{ {address} }}' || true"
    sandbox.run(forget)
    sandbox.run(f"nft add element inet longhouse ssh_callers4 '{{ {address} timeout 1m {allowance} }}'")
    knock = f"""
import socket
heard = 0
for _ in range(100):
    try:
        socket.create_connection(("{sandbox.address}", 22), 0.5).close()
        heard += 1
    except TimeoutError:
        break
print(heard)"""
    heard = subprocess.run([*outpost, "python3 -"], input=knock, text=True, check=True, capture_output=True).stdout
    assert 10 < int(heard) < 100
    assert sandbox.run("echo here") == "here\n"
    sandbox.run(forget)


def seen(command: list[str]) -> dict[str, list[int]]:
    done = subprocess.run(command, input=SCAN.read_text(), capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[int]] = json.loads(done.stdout)
    return found
