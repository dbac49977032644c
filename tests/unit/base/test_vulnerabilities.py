"""What Debian knows of the packages: who is asked about what, what is counted, and what stays when nobody answers."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import pytest
import yaml

from tests.unit.plugins import ROOT, filters

sys.path.insert(0, str(ROOT / "roles" / "base" / "files"))
program = importlib.import_module("longhouse_vulnerabilities")

SUITE = "trixie"
KNOWN = """\
CVE-2014-0160 longhouse-canary (fixed, remotely exploitable, high urgency)
CVE-2026-0001 curl (remotely exploitable)
CVE-2026-0001 libcurl4t64 (fixed, medium urgency, obsolete)
CVE-2026-0002 bash
CVE-2026-0003 bash (low urgency)
"""
SOURCE = "https://tracker.example.org/debsecan/release/1/"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the answer is kept, of a host with two packages and a debsecan that says what is in `says`."""
    installed = tmp_path / "status"
    installed.write_text("Package: bash\nStatus: install ok installed\nVersion: 5.2\n")
    monkeypatch.setattr(program, "INSTALLED", installed)
    monkeypatch.setattr(program, "debian_suite", lambda: SUITE)
    debsecan = tmp_path / "debsecan"
    debsecan.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/words\ncat > {tmp_path}/given\n. {tmp_path}/says\n')
    debsecan.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    kept = tmp_path / "kept"
    kept.mkdir()
    says(kept, f"cat <<END\n{KNOWN}END\n")
    return kept


def says(folder: Path, shell: str) -> None:
    (folder.parent / "says").write_text(shell)


def asked(folder: Path, source: str = SOURCE) -> int:
    status: int = program.main(["--source", source, "--folder", str(folder)])
    return status


def figures(folder: Path) -> dict[str, int]:
    """Metrics and labels to values, without zeros."""
    lines = [line for file in folder.glob("*.prom") for line in file.read_text().splitlines() if line[0] != "#"]
    told = {name: int(value) for name, _, value in (line.rpartition(" ") for line in lines)}
    return {name: value for name, value in told.items() if value}


def test_each_vulnerability_counts_once_with_the_worst_that_is_said_of_it(folder: Path) -> None:
    assert asked(folder) == 0
    counted = {name: value for name, value in figures(folder).items() if "timestamp" not in name}
    assert counted == {
        'longhouse_vulnerabilities{fix="available",remote="true",urgency="medium"}': 1,
        'longhouse_vulnerabilities{fix="none",remote="false",urgency="low"}': 1,
        'longhouse_vulnerabilities{fix="none",remote="false",urgency="unassigned"}': 1,
    }


def test_people_read_which_they_are(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked(folder)
    assert (folder / "known.txt").read_text().splitlines() == KNOWN.splitlines()[1:]
    said = capsys.readouterr().out
    assert "3 known vulnerabilities, 1 of them mended" in said
    assert "CVE-2026-0001 (curl, libcurl4t64): urgency medium, remotely exploitable" in said


def test_debsecan_is_asked_about_what_is_installed_and_mails_nobody(folder: Path) -> None:
    asked(folder)
    words = (folder.parent / "words").read_text().split()
    assert words[:6] == ["--config", "/dev/null", "--suite", SUITE, "--source", SOURCE]
    assert not {"--mailto", "--cron", "--update-history", "--disable-https-check"} & set(words)
    given = (folder.parent / "given").read_text()
    assert given.startswith("Package: bash\nStatus: install ok installed\nVersion: 5.2\n\nPackage: longhouse-canary\n")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("echo 'error: while downloading X:\nerror: [Errno 111] Connection refused' >&2; exit 1", "[Errno 111]"),
        (
            "printf 'error: while downloading X:\\nHTTP Error 404: Not Found\\nAre you sure?\\n' >&2; exit 1",
            "HTTP Error 404: Not Found Are you sure?",
        ),
        ("echo 'Traceback:\nzlib.error: incorrect header check' >&2; exit 1", "zlib.error: incorrect header check"),
        ("echo CVE-2026-0002 bash", "no flaw in OpenSSL"),
        (":", "no flaw in OpenSSL"),
        ("echo 'CVE-2014-0160 longhouse-canary'; echo nonsense", "'nonsense', which is no line about a package"),
        ("kill $$", "debsecan ended with -15"),
    ],
    ids=("refused", "not there", "garbage", "another list", "an empty list", "another format", "killed"),
)  # fmt: skip
def test_without_an_answer_the_figures_of_the_last_one_stay(
    folder: Path, capsys: pytest.CaptureFixture[str], answer: str, words: str
) -> None:
    asked(folder)
    before = {file.name: file.read_text() for file in folder.iterdir() if "run" not in file.name}
    capsys.readouterr()
    says(folder, answer)
    assert asked(folder) == 1
    assert {file.name: file.read_text() for file in folder.iterdir() if "run" not in file.name} == before
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("not asked for known vulnerabilities: ")
    assert words in line
    assert line.endswith(f"the figures of the last answer stay. Can it be reached? curl -sSI {SOURCE}")


def test_a_first_question_without_an_answer_is_told_too(folder: Path) -> None:
    says(folder, "exit 1")
    assert asked(folder) == 1
    assert list(figures(folder)) == ["longhouse_vulnerabilities_last_run_timestamp_seconds"]


def test_a_source_that_never_ends_is_given_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "SECONDS", 0.2)
    says(folder, "exec sleep 60")
    with pytest.raises(program.NotAskedError, match="did not answer within"):
        program.ask(SOURCE, SUITE, "")


def test_without_a_source_nobody_is_asked_and_nothing_is_told(folder: Path) -> None:
    asked(folder)
    (folder.parent / "words").unlink()
    assert asked(folder, "") == 0
    assert not (folder.parent / "words").exists()
    assert list(folder.iterdir()) == []


def kernel(version: str, source: str = "linux-signed-amd64") -> str:
    return f"Package: linux-image-{version}-amd64\nSource: {source} ({version}+1)\nVersion: {version}-1"


def test_the_kernel_that_runs_is_asked_about_and_others_are_not() -> None:
    other = "Package: linux-libc-dev\nSource: linux\nVersion: 6.12.9-1"
    headers = "Package: linux-headers-6.12.5-amd64\nSource: linux\nVersion: 6.12.5-1"
    status = "\n\n".join([kernel("6.12.5"), headers, kernel("6.12.9"), other])
    seen = program.packages(status, "6.12.9-amd64")
    assert seen == "\n\n".join(["Package: linux-image-6.12.9-amd64\nSource: linux\nVersion: 6.12.9-1", other])


UNIT = ROOT / "roles/base/templates/systemd/system/longhouse-vulnerabilities.service.j2"


def test_the_plays_ask_whom_the_program_would_ask() -> None:
    (play, *_) = yaml.safe_load((ROOT / "playbooks/host.yml").read_text())
    assert f"default('{program.SOURCE}')" in play["vars"]["host_vulnerability_source"]
    assert f"StateDirectory={program.FOLDER.relative_to('/var/lib')}\n" in UNIT.read_text()
    exporters = yaml.safe_load((ROOT / "roles/exporters/vars/main.yml").read_text())
    assert exporters["exporters_vulnerabilities"] == str(program.FOLDER)


def test_the_account_reaches_the_port_of_its_source() -> None:
    reach = filters("base")["vulnerabilities_reach"]
    assert reach(program.SOURCE) == [{"user": "longhouse-vulnerabilities", "ports": [443]}]
    assert reach("https://mirror.example.org:8443/x")[0]["ports"] == [8443]
    assert reach("")[0]["ports"] == []
