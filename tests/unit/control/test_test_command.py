"""`./longhouse test`: options go to the suite they belong to, and failures are named where one looks first."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from control.testing import command
from control.testing.output import shown
from control.testing.suites import SUITES, Step, Suite


def ran(monkeypatch: pytest.MonkeyPatch, *argv: str) -> list[tuple[str, ...]]:
    """The commands that would run."""
    commands: list[tuple[str, ...]] = []

    def note(step: Step, _host: str) -> list[str]:
        commands.append(step.command)
        return []

    monkeypatch.setattr(command, "_failures", note)
    assert command.run(list(argv)) == 0
    return commands


def test_seed_and_schedules_reach_the_fault_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    *_, last = ran(monkeypatch, "faults", "--seed", "7", "--schedules", "200")
    assert last[-4:] == ("--seed", "7", "--schedules", "200")


def test_they_do_not_reach_other_suites(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = ran(monkeypatch, "unit", "faults", "--seed", "7")
    assert [words for words in commands if "--seed" in words] == commands[-1:]


def test_without_them_a_suite_runs_as_the_table_says(monkeypatch: pytest.MonkeyPatch) -> None:
    (faults,) = (suite for suite in SUITES if suite.name == "faults")
    assert ran(monkeypatch, "faults")[-1] == faults.steps[-1].command


def test_long_suites_run_when_they_are_named_and_are_told_when_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (releases,) = (suite for suite in SUITES if suite.name == "releases")
    commands = ran(monkeypatch)
    assert releases.steps[-1].command not in commands
    assert {step.command for suite in SUITES if not suite.when_named for step in suite.steps} <= set(commands)
    named = "audit, drills, releases, foreign, backups, upgrade"
    assert f"the long ones run when they are named: {named}" in capsys.readouterr().out
    assert releases.steps[-1].command in ran(monkeypatch, "releases")


FAILING = """
import os
print("test_x.py F.")
print("E   assert 1 == 2")
print("\x1b[31mFAILED\x1b[0m tests/test_x.py::test_one - assert 1 == 2")
print("ERROR    root:test_x.py:9 a log line")
print("ERROR tests/test_x.py::test_two - OSError")
print("FAILED tests/test_x.py::test_three -", "x" * (int(os.environ["COLUMNS"]) - 60))
print("3/9  12 s  BROKEN 7/3  an order is missing")
print("4/9  13 s  ok     7/4", end="")
raise SystemExit(3)
"""


def suite_of(monkeypatch: pytest.MonkeyPatch, folder: Path, *programs: str) -> None:
    files = [folder / f"{number}.py" for number in range(len(programs))]
    for file, text in zip(files, programs, strict=True):
        file.write_text(text)
    steps = tuple(Step(f"step {file.stem}", ("{python}", str(file))) for file in files)
    monkeypatch.setattr(command, "SUITES", (Suite("example", "nothing fails", steps),))


def test_what_failed_is_said_again_at_the_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    suite_of(monkeypatch, tmp_path, "print('fine')", FAILING)
    assert command.run(["example"]) == 1
    live, summary = capfd.readouterr().out.split("\nFAILED  example")
    assert "E   assert 1 == 2\n" in live
    assert live.count("ok     7/4") == 1
    told = [line.strip() for line in summary.splitlines()]
    assert "example: step 1: failed with status 3" in told
    assert [line for line in told if line.startswith(("FAILED", "ERROR", "3/9", "4/9"))] == [
        "FAILED tests/test_x.py::test_one - assert 1 == 2",
        "ERROR tests/test_x.py::test_two - OSError",
        f"FAILED tests/test_x.py::test_three - {'x' * 240}",
        "3/9  12 s  BROKEN 7/3  an order is missing",
    ]
    assert any(line.startswith("again: cd ") for line in told)
    assert told[-1] == "0 passed, 1 failed"


def test_a_suite_that_passes_says_nothing_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    suite_of(monkeypatch, tmp_path, "print('FAILED to find anything wrong')")
    assert command.run(["example"]) == 0
    assert capfd.readouterr().out.count("FAILED") == 1


def test_a_program_that_fails_without_a_summary_is_quoted_with_its_last_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """As `./longhouse up` does, whose cause stands on standard error a thousand lines further up."""
    suite_of(monkeypatch, tmp_path, "print('booting', flush=True); raise SystemExit('longhouse: port 443 is taken')")
    assert command.run(["example"]) == 1
    summary = capfd.readouterr().out.split("\nFAILED  example")[1]
    told = [line.strip() for line in summary.splitlines()]
    assert told[told.index("example: step 0: failed with status 1") + 1 :][:2] == [
        "booting",
        "longhouse: port 443 is taken",
    ]


def test_output_comes_while_the_program_still_runs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The program ends only when somebody has seen its first, unfinished line."""
    seen = tmp_path / "seen"
    waits = (
        "import pathlib, time; print('.', end='', flush=True); ends = time.monotonic() + 30\n"
        f"while not pathlib.Path({str(seen)!r}).exists() and time.monotonic() < ends: time.sleep(0.01)\n"
        f"raise SystemExit(not pathlib.Path({str(seen)!r}).exists())"
    )
    found: list[tuple[int, list[str]]] = []
    run = threading.Thread(target=lambda: found.append(shown([sys.executable, "-c", waits], tmp_path, os.environ)))
    run.start()
    while run.is_alive() and "." not in capfd.readouterr().out:
        time.sleep(0.01)
    seen.touch()
    run.join()
    assert found == [(0, [])]


def test_what_a_program_leaves_running_is_not_waited_for(tmp_path: Path) -> None:
    """As ssh leaves a connection for the next one, with the output it was given."""
    file = tmp_path / "left"
    leaves = f"import subprocess; open({str(file)!r}, 'w').write(str(subprocess.Popen(['sleep', '600']).pid))"
    try:
        assert shown([sys.executable, "-c", leaves], tmp_path, os.environ) == (0, [])
    finally:
        os.kill(int(file.read_text()), signal.SIGKILL)
