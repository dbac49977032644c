"""The scans of the supply chain see what they are for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from control.testing import advisories, debian_advisories, secret_scan

FLAW = {"name": "jinja2", "version": "2.10", "vulns": [{"id": "CVE-2019-10906", "fix_versions": ["2.10.1"]}]}
UNKNOWN = {"name": "jinja2", "skip_reason": "Dependency not found"}
FINE = {"name": "rich", "version": "14", "vulns": []}


@pytest.mark.parametrize(
    ("canary", "locked", "verdict"),
    [
        pytest.param([FLAW], [FINE], (0, "0 findings"), id="clean"),
        pytest.param([FLAW], [FINE, FLAW], (1, "jinja2 2.10: CVE-2019-10906, mended in 2.10.1"), id="a flaw"),
        pytest.param([FLAW], [UNKNOWN], (1, "jinja2: Dependency not found"), id="a package nobody knows"),
        pytest.param([UNKNOWN], [FINE], (0, advisories.NOT_REACHED), id="the source knows no package"),
        pytest.param([], [FINE], (0, advisories.NOT_REACHED), id="no source"),
    ],
)
def test_advisories(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    canary: list[advisories.Dependency],
    locked: list[advisories.Dependency],
    verdict: tuple[int, str],
) -> None:
    monkeypatch.setattr(advisories, "audit", lambda _, option: canary if option == "--no-deps" else locked)
    status, said = verdict
    assert advisories.main() == status
    assert said in "".join(capsys.readouterr())


MISSING = "mended by Debian and not here: CVE-2014-0160 (libssl3t64): urgency high"


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        pytest.param((0, "9 known vulnerabilities, 0 of them mended", ""), (0, "9 known"), id="nothing to do"),
        pytest.param((0, f"9 known\n{MISSING}\n", ""), (1, "CVE-2014-0160"), id="a flaw"),
        pytest.param(
            (1, "", "not asked for known vulnerabilities: no route"), (0, advisories.NOT_REACHED), id="no source"
        ),
        pytest.param((1, "", "Traceback: KeyError"), (1, "KeyError"), id="a program that fails"),
        pytest.param((255, "", "ssh: no route"), (1, "no route"), id="no host"),
    ],
)
def test_debian_advisories(
    capsys: pytest.CaptureFixture[str], answer: tuple[int, str, str], verdict: tuple[int, str]
) -> None:
    status, said = verdict
    assert debian_advisories.judge("test", *answer) == status
    assert said in "".join(capsys.readouterr())


def test_a_flaw_is_told_with_what_to_type(capsys: pytest.CaptureFixture[str]) -> None:
    debian_advisories.judge("test", 0, MISSING, "")
    assert "./longhouse ssh --host test -- 'apt-get update" in capsys.readouterr().out


def test_debian_advisories_are_told_in_the_words_of_the_host_s_program() -> None:
    text = (secret_scan.ROOT / "roles/base/files/longhouse_vulnerabilities.py").read_text()
    assert debian_advisories.NOT_ASKED in text
    assert debian_advisories.MISSING in text
    assert Path(debian_advisories.PROGRAM.split()[-1]).name == "longhouse_vulnerabilities.py"


def test_every_lock_is_audited() -> None:
    locks = {str(path.relative_to(advisories.ROOT)) for path in advisories.ROOT.glob("**/*requirements*.txt")
             if not any(part.startswith(".") for part in path.parts[len(advisories.ROOT.parts):])}  # fmt: skip
    assert locks - {"tests/foreign/notes/requirements.txt"} == set(advisories.LOCKS)


def test_a_key_in_a_file_is_found(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "notes.md"
    file.write_text("nothing to see\n")
    assert secret_scan.main([str(file)]) == 0
    file.write_text("-----BEGIN " + "OPENSSH PRIVATE KEY-----\n")
    assert secret_scan.main([str(file)]) == 1
    assert "Private Key" in "".join(capfd.readouterr())


def test_no_finding_is_excused_by_the_rules_themselves() -> None:
    assert json.loads((secret_scan.ROOT / secret_scan.RULES).read_text())["results"] == {}
