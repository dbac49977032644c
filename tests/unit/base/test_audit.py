"""Who is behind a process, and an act's two entries."""

from __future__ import annotations

import importlib
import os
import pwd
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.plugins import ROOT

sys.path.insert(0, str(ROOT / "roles" / "base" / "files"))
audit = importlib.import_module("longhouse_audit")

ME = pwd.getpwuid(os.getuid()).pw_name
NO_LOGIN = str(2**32 - 1)


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A socket in journald's place."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "journal"))
        listener.settimeout(5)
        monkeypatch.setattr(audit, "JOURNAL", str(tmp_path / "journal"))
        yield listener


def entry(journal: socket.socket) -> dict[str, str]:
    lines = journal.recv(65536).decode().splitlines()
    return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Processes 30 <- 20 <- 10, as /proc tells of them."""
    monkeypatch.setattr(audit, "PROCESSES", tmp_path)
    for process, parent in ((30, 20), (20, 10), (10, 0)):
        folder = tmp_path / str(process)
        folder.mkdir()
        (folder / "stat").write_text(f"{process} (a ) strange) name) S {parent} 1 1")
        (folder / "environ").write_text("PATH=/bin\0")
        (folder / "loginuid").write_text(NO_LOGIN)
    return tmp_path


def environ(processes: Path, process: int, **variables: str) -> None:
    text = "\0".join(f"{name}={value}" for name, value in variables.items())
    (processes / str(process) / "environ").write_text(text)


def test_the_login_of_the_session_outranks_what_sudo_says(processes: Path) -> None:
    environ(processes, 20, SUDO_USER="somebody")
    assert audit.who(30) == ("somebody", "")
    (processes / "30" / "loginuid").write_text(str(os.getuid()))
    assert audit.who(30) == (ME, "")


def test_the_address_is_found_above_sudo_which_takes_it_away(processes: Path) -> None:
    environ(processes, 20, SUDO_USER="ada")
    environ(processes, 10, SSH_CONNECTION="192.0.2.7 50000 10.0.0.1 22")
    assert audit.who(30) == ("ada", "192.0.2.7")


def test_a_timer_is_nobody_and_a_person_on_the_console_is_its_user(processes: Path) -> None:
    assert audit.who(30) == (ME, "")
    environ(processes, 10, INVOCATION_ID="a1")
    assert audit.who(30) == ("systemd", "")
    environ(processes, 20, SUDO_USER="ada")
    assert audit.who(30) == ("ada", "")


def test_an_act_is_on_record_before_and_after(journal: socket.socket) -> None:
    with audit.recorded("lhctl.deploy", "order", "lhctl deploy order"):
        begun = entry(journal)
    ended = entry(journal)
    assert (begun.pop("OUTCOME"), ended.pop("OUTCOME")) == ("begun", "done")
    assert begun.pop("MESSAGE").endswith("begun: lhctl deploy order")
    ended.pop("MESSAGE")
    assert begun == ended
    assert (begun["LONGHOUSE_AUDIT"], begun["ACTION"], begun["OBJECT"]) == ("1", "lhctl.deploy", "order")


def test_one_that_fails_says_so_and_one_that_was_judged_keeps_its_judgement(journal: socket.socket) -> None:
    def attempt(outcome: str) -> None:
        with audit.recorded("lhctl.deploy", "order") as act:
            act.outcome = outcome
            raise KeyError

    for outcome, expected in (("", "failed"), ("refused", "refused")):
        with pytest.raises(KeyError):
            attempt(outcome)
        assert [entry(journal)["OUTCOME"], entry(journal)["OUTCOME"]] == ["begun", expected]


def test_no_argument_begins_a_field_of_its_own(journal: socket.socket) -> None:
    with audit.recorded("lhctl.hold", "order\nACTOR=somebody else", "x\nLONGHOUSE_AUDIT=0\u2028OUTCOME=done"):
        pass
    told = entry(journal)
    assert told["OBJECT"] == "order ACTOR=somebody else"
    assert told["LONGHOUSE_AUDIT"] == "1"


def test_without_a_journal_the_work_is_done_and_stderr_says_that_there_is_no_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "JOURNAL", str(tmp_path / "nobody"))
    with audit.recorded("lhctl.rollback", "order"):
        done = True
    assert done
    assert "not on record" in capsys.readouterr().err
