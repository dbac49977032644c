"""`./longhouse test`: options go to the suite they belong to."""

from __future__ import annotations

import pytest

from control.testing import command
from control.testing.suites import SUITES, Step


def ran(monkeypatch: pytest.MonkeyPatch, *argv: str) -> list[tuple[str, ...]]:
    """The commands that would run."""
    commands: list[tuple[str, ...]] = []

    def note(step: Step, _host: str) -> bool:
        commands.append(step.command)
        return True

    monkeypatch.setattr(command, "_passes", note)
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
