"""A playbook's run seen from outside: tasks as they start, the recap, and a failure that names task and cause."""

from __future__ import annotations

from pathlib import Path

import pytest

from control.errors import FailedError
from control.play import run_playbook
from control.play.failure import describe

PLAYBOOK = """\
- hosts: all
  gather_facts: false
  connection: local
  tasks:
    - name: Change something
      ansible.builtin.command: "true"
    - name: Tolerate a failure
      ansible.builtin.command: "false"
      ignore_errors: true
    - name: Ask for the impossible
      ansible.builtin.command: "{{ asked }}"
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (tmp_path / "play.yml").write_text(PLAYBOOK)
    (tmp_path / "inventory.yml").write_text("all: {hosts: {here: {}}}\n")
    return tmp_path


def _run(book: Path, asked: str, reports: list[str]) -> int:
    played = run_playbook(
        book / "inventory.yml", str(book / "play.yml"), log=book / "log", report=reports.append,
        arguments=["--extra-vars", f"asked={asked}"], again="the same command",
    )  # fmt: skip
    return played.changed


def test_tasks_are_reported_as_they_start_and_changes_are_counted(book: Path) -> None:
    reports: list[str] = []
    assert _run(book, "true", reports) == 3
    assert reports == ["1 Change something", "2 Tolerate a failure", "3 Ask for the impossible"]
    assert "Ask for the impossible" in (book / "log").read_text()


def test_a_failure_names_the_task_the_host_the_cause_and_the_next_command(book: Path) -> None:
    with pytest.raises(FailedError) as failure:
        _run(book, "'ls /nowhere-at-all'", [])
    assert "task 'Ask for the impossible' failed on here" in str(failure.value)
    assert "nowhere-at-all" in failure.value.detail
    assert "the same command" in failure.value.hint


def test_a_playbook_that_cannot_start_shows_what_ansible_said(tmp_path: Path) -> None:
    (tmp_path / "broken.yml").write_text("- hosts: [\n")
    with pytest.raises(FailedError) as failure:
        run_playbook(tmp_path, str(tmp_path / "broken.yml"), log=tmp_path / "log", report=lambda text: None)
    assert "broken.yml" in failure.value.detail


def test_the_item_that_failed_is_shown_not_the_loop() -> None:
    result = {
        "msg": "One or more items failed",
        "results": [{"msg": "fine"}, {"failed": True, "msg": "disk full\non /var", "stderr": "ENOSPC"}],
    }
    line, detail = describe({"event": "failed", "host": "h", "task": "Copy", "result": result})
    assert line == "task 'Copy' failed on h: disk full"
    assert detail == "on /var\nENOSPC"
