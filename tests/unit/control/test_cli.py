"""What people read when they mistype, and what programs read with --json."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from control import cli

COMMANDS = ("up", "boot", "down", "ssh", "init", "test", "build", "deploy", "lock")


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert all(f"\n    {command} " in shown for command in COMMANDS)


@pytest.mark.parametrize("command", ["up", "boot", "down", "ssh"])
def test_a_bad_host_name_is_refused_in_one_line_before_anything_happens(
    command: str, state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([command, "--host", "Not A Name"]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert "--host 'Not A Name'" in said[0]
    assert not state.exists()


def test_ssh_to_a_host_that_is_not_there_names_the_command_that_makes_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["ssh", "--host", "nowhere", "--", "true"]) == 2
    assert "./longhouse up --host nowhere" in capsys.readouterr().err


def test_errors_are_machine_readable_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["up", "--host", "UP", "--json"]) == 2
    result = json.loads(capsys.readouterr().out)
    assert result["ok"] is False
    assert "--host 'UP'" in result["error"]


def test_removing_what_is_not_there_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["down", "--host", "nowhere", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"ok": True, "removed": []}
    assert cli.main(["down", "--all"]) == 0
