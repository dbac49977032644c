"""Programs that know how servers are misconfigured look at the edge from another host, and at the host from within."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.sandbox import Sandbox
from tests.hostile.ledger import Ledger

GRAVE = ("MEDIUM", "HIGH", "CRITICAL")
# A certificate of the sandbox's own authority says nowhere how it would be recalled; nobody asks.
OF_THE_SANDBOX = {"cert_revocation"}
# Only ever raised. What it does not have is told by decision 77.
LYNIS_INDEX = 63
# Files of PostgreSQL's configuration may be read by everybody; none of them holds a secret.
KNOWN_WARNINGS = {"DBS-1828"}
PLACE = "/root/lynis"


@pytest.fixture(scope="module")
def scanners(outpost: list[str]) -> list[str]:
    """The other host, with both programs."""
    install = "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends"
    words = [*outpost, f"{install} lynis testssl.sh"]
    subprocess.run(words, check=True, capture_output=True, timeout=300)
    return outpost


@pytest.fixture
def lynis(sandbox: Sandbox, scanners: list[str]) -> Iterator[str]:
    """A folder on the host with the program, which nothing is installed for; gone afterwards."""
    pack = "cd /usr/share/lynis && mkdir -p plugins && cp -L /usr/sbin/lynis /etc/lynis/default.prf . && tar -cz ."
    packed = subprocess.run([*scanners, pack], check=True, capture_output=True, timeout=60).stdout
    unpack = f"mkdir -p {PLACE} && tar -xz --no-same-owner -C {PLACE}"
    subprocess.run([*sandbox.ssh, unpack], input=packed, check=True, timeout=60)
    yield PLACE
    sandbox.run(f"rm -rf {PLACE}")


def test_nothing_is_wrong_with_how_the_edge_encrypts(sandbox: Sandbox, scanners: list[str], ledger: Ledger) -> None:
    authority = Path(sandbox.ca_file).read_text()
    what = "--protocols --server-defaults --server-preference --fs --std --headers --vulnerable"
    ask = (
        "cat > ca.pem && rm -f found.json && testssl --quiet --warnings batch --color 0 --add-ca ca.pem"
        f" --jsonfile found.json {what} https://{sandbox.address}/ > /dev/null; cat found.json"
    )
    done = subprocess.run([*scanners, ask], input=authority, capture_output=True, text=True, check=True, timeout=300)
    found = {one["id"]: (one["severity"], one["finding"]) for one in json.loads(done.stdout)}
    grave = {name: said for name, said in found.items() if said[0] in GRAVE and name not in OF_THE_SANDBOX}
    assert grave == {}
    # It did look, at what it had to.
    assert found["TLS1_2"][1] == "offered"
    assert found["TLS1_1"][1] == "not offered"
    assert "X25519MLKEM768" in str(found)
    ledger.figure(f"       testssl: {len(found)} findings, none of them grave")


def test_the_host_is_no_softer_than_it_was(sandbox: Sandbox, lynis: str, ledger: Ledger) -> None:
    sandbox.run(
        f"cd {lynis} && ./lynis audit system --quick --quiet --no-colors --plugindir {lynis}/plugins"
        f" --report-file {lynis}/report --logfile {lynis}/log > /dev/null 2>&1 || true"
    )
    report = [line.partition("=") for line in sandbox.run(f"cat {lynis}/report").splitlines()]
    index = next(int(value) for name, _, value in report if name == "hardening_index")
    warnings = {value.partition("|")[0] for name, _, value in report if name == "warning[]"}
    ledger.figure(f"       lynis: hardening index {index}")
    assert warnings == KNOWN_WARNINGS
    assert index >= LYNIS_INDEX
