"""What the host promises of known vulnerabilities: asked every night, told as figures, and no figure without an answer.

Debian's tracker is a stand-in on loopback; nothing else of the unit is changed.
"""

from __future__ import annotations

import base64
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

UNIT = "longhouse-vulnerabilities"
PORT, FOLDER = 9443, "/run/tracker-stand-in"
KEPT = "/var/lib/longhouse/vulnerabilities"
FIGURES = "longhouse_vulnerabilities{"
LAST = "longhouse_vulnerabilities_last_success_timestamp_seconds"
ASK = "python3 -c 'import urllib.request as r; print(r.urlopen(\"http://127.0.0.1:9100/metrics\").read().decode())'"
DROP_IN = f"""[Service]
ExecStart=
ExecStart=/usr/bin/python3 -I /usr/local/lib/longhouse/longhouse_vulnerabilities.py --source=http://127.0.0.1:{PORT}/
"""
# A list as the tracker makes it: names; packages with the number of a name, kind, urgency, remote and fixed, the
# version that is fixed in unstable; and which packages are made from a source.
LIST = """VERSION 1
CVE-2014-0160,,Reads what it should not
CVE-2099-0001,,Made up for a test
CVE-2099-0002,,Made up for a test as well

openssl,0,SH F,1.0.1g-1,
curl,1,SHRF,999:1,
bash,2,S ? ,,

curl,curl libcurl4t64
bash,bash
"""
ANOTHER = "VERSION 1\nCVE-2099-0001,,Made up for a test\n\ncurl,0,SHRF,999:1,\n\n"


class Tracker:
    """The stand-in: `answers` is what it serves from now on, as it is."""

    def __init__(self, host: Any) -> None:
        self.host = host

    def answers(self, content: bytes) -> None:
        encoded = base64.b64encode(content).decode()
        self.host.check_output(f"printf %s '{encoded}' | base64 -d > {FOLDER}/trixie")

    def is_gone(self) -> None:
        self.host.check_output(f"rm -f {FOLDER}/trixie")


def put(host: Any, path: str, content: str) -> None:
    encoded = base64.b64encode(content.encode()).decode()
    host.check_output(f"mkdir -p $(dirname {path}) && printf %s '{encoded}' | base64 -d > {path}")


def told(host: Any) -> dict[str, float]:
    """The node exporter's metrics of vulnerabilities that are not 0."""
    lines = [line for line in host.check_output(ASK).splitlines() if line.startswith("longhouse_vulnerabilities")]
    metrics = {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}
    return {name: value for name, value in metrics.items() if value}


@pytest.fixture
def tracker(host: Any) -> Iterator[Tracker]:
    """A tracker that knows a grave, mended flaw of curl and one of bash that is not mended."""
    drop_in = f"/run/systemd/system/{UNIT}.service.d/stand-in.conf"
    put(host, drop_in, DROP_IN)
    host.check_output(f"mkdir -p {FOLDER}")
    serve = f"python3 -m http.server --bind 127.0.0.1 --directory {FOLDER} {PORT}"
    host.check_output(f"systemd-run --quiet --collect --unit=run-tracker-stand-in {serve}")
    # Its account reaches DNS and its source; in a sandbox host it has none.
    host.check_output(f"nft insert rule inet longhouse outgoing meta skuid {UNIT} tcp dport {PORT} accept")
    host.check_output("systemctl daemon-reload")
    host.check_output(f"for n in $(seq 50); do ss -Hltn 'sport = :{PORT}' | grep -q . && break; sleep 0.1; done")
    stand_in = Tracker(host)
    stand_in.answers(zlib.compress(LIST.encode()))
    yield stand_in
    host.check_output(f"rm {drop_in}; systemctl stop {UNIT} run-tracker-stand-in; rm -r {FOLDER}")
    host.check_output(f"systemctl daemon-reload; systemctl reload longhouse-firewall; systemctl start {UNIT}")


def test_it_is_asked_every_night(host: Any) -> None:
    timer = host.service(f"{UNIT}.timer")
    assert timer.is_running
    assert timer.is_enabled


def test_debian_s_own_job_asks_nobody_and_mails_nobody(host: Any) -> None:
    assert not host.file("/etc/cron.d/debsecan").exists
    # Nobody is asked, or this source would be complained of.
    asked = host.run("debsecan --cron --source data:,nonsense")
    assert (asked.rc, asked.stdout, asked.stderr) == (0, "", "")


def test_what_debian_knows_of_the_packages_is_told(host: Any, tracker: Tracker) -> None:
    started = time.time()
    host.check_output(f"systemctl start {UNIT}")
    metrics = told(host)
    assert metrics[FIGURES + 'fix="available",remote="true",urgency="high"}'] == 1
    assert metrics[FIGURES + 'fix="none",remote="false",urgency="unassigned"}'] == 1
    assert sum(value for name, value in metrics.items() if name.startswith(FIGURES)) == 2
    # To the second, by the host's clock.
    assert metrics[LAST] > started - 5
    known = host.file(f"{KEPT}/known.txt").content_string
    assert "CVE-2099-0001 curl (fixed, remotely exploitable, high urgency)" in known
    assert "canary" not in known


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "HTTP Error 404"),
        (b"<html>Please log in</html>", "zlib.error"),
        (zlib.compress(b"VERSION 2\n"), "server sends data in unknown format"),
        (zlib.compress(ANOTHER.encode()), "no flaw in OpenSSL, so it is not Debian's"),
    ],
    ids=["nothing", "a page", "another format", "another list"],
)
def test_without_an_answer_the_figures_stay_and_the_journal_says_why(
    host: Any, tracker: Tracker, content: bytes | None, words: str
) -> None:
    host.check_output(f"systemctl start {UNIT}")
    before = told(host)
    if content is None:
        tracker.is_gone()
    else:
        tracker.answers(content)
    mark = host.check_output("date +%s.%N")
    assert host.run(f"systemctl start {UNIT}").rc != 0
    lines = host.check_output(
        f"journalctl --sync; journalctl -u {UNIT} --since @{mark} -o cat _COMM=python3"
    ).splitlines()
    (line,) = [line for line in lines if "vulnerabilities" in line]
    assert line.startswith(f"not asked for known vulnerabilities: http://127.0.0.1:{PORT}/")
    assert words in line
    assert "the figures of the last answer stay. Can it be reached? curl -sSI" in line
    assert {name for name in told(host) if "last_run" not in name} == {
        name for name in before if "last_run" not in name
    }
    assert told(host)[LAST] == before[LAST]


def test_a_source_out_of_reach_is_tried_again_and_is_no_failed_unit(host: Any, tracker: Tracker) -> None:
    tracker.is_gone()
    host.run(f"systemctl start {UNIT}")
    assert host.check_output(f"systemctl show -P SubState {UNIT}") == "auto-restart"
    asked = "amtool --alertmanager.url http://127.0.0.1:9093 alert query alertname=UnitFailed --output simple"
    assert UNIT not in host.check_output(asked)


def test_whoever_asks_reaches_nothing_else(host: Any) -> None:
    for port in (22, 9090, 8080):
        probe = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)"
        answer = host.run(f'runuser -u {UNIT} -- python3 -c "{probe}"')
        assert "Connection refused" in answer.stderr, (port, answer.stderr)
        assert host.run(f'python3 -c "{probe}"').rc == 0, port


def test_without_a_source_nothing_is_told(host: Any) -> None:
    assert host.run(f"systemctl start {UNIT}").rc == 0
    assert told(host) == {}
    assert host.file(KEPT).listdir() == []
