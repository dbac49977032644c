"""Our own lint rules complain about what they forbid and about nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansiblelint.file_utils import Lintable
from ansiblelint.rules import load_plugins
from ansiblelint.utils import task_in_list

from tests.unit.plugins import ROOT

GOOD = """
- name: Write everything at once
  longhouse_files:
    path: /etc/x
    files: "{{ units_files }}"

- name: Make the directories
  ansible.builtin.file: {path: "{{ item }}", state: directory, mode: "0755"}
  loop: [/etc/x, /etc/y]

- name: Go on elsewhere
  ansible.builtin.import_tasks: elsewhere.yml
"""
BAD = {
    "no-catalogue-loop": """
- name: Write one by one
  ansible.builtin.copy: {content: x, dest: "/etc/{{ item.name }}", mode: "0644"}
  loop: "{{ units_services }}"

- name: Write one by one, the old way
  ansible.builtin.copy: {content: x, dest: "/etc/{{ item.name }}", mode: "0644"}
  with_items: "{{ platform_services | rejectattr('state', 'eq', 'retired') }}"
""",
    "no-set-fact": """
- name: Remember something
  ansible.builtin.set_fact: {base_x: 1}

- name: Read more variables
  ansible.builtin.include_vars: {file: more.yml}
""",
    "no-computed-include": """
- name: Do whatever
  ansible.builtin.include_tasks: "{{ base_action }}.yml"

- name: Be whoever
  ansible.builtin.include_role: {name: "{{ base_role }}"}
""",
}


def complaints(rule: str, tasks: str, path: Path) -> int:
    """How many of `tasks`, as the content of a role's task file, the rule complains about."""
    path.parent.mkdir(parents=True)
    path.write_text("---\n" + tasks)
    file = Lintable(path, kind="tasks")
    found = next(one for one in load_plugins([str(ROOT / ".ansible-lint-rules")]) if one.id == rule)
    return sum(bool(found.matchtask(task, file)) for task in task_in_list(file.data, file, "tasks"))


@pytest.mark.parametrize("rule", BAD)
def test_a_rule_complains_about_each_task_it_forbids(rule: str, tmp_path: Path) -> None:
    assert complaints(rule, BAD[rule], tmp_path / "roles/base/tasks/main.yml") == 2


@pytest.mark.parametrize("rule", BAD)
def test_a_rule_is_content_with_good_tasks(rule: str, tmp_path: Path) -> None:
    assert complaints(rule, GOOD, tmp_path / "roles/base/tasks/main.yml") == 0


def test_every_rule_has_its_examples() -> None:
    assert {path.stem.replace("_", "-") for path in (ROOT / ".ansible-lint-rules").glob("*.py")} == set(BAD)
