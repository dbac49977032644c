"""Rule no-set-fact: configuration has one place, and tasks are not it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansiblelint.rules import AnsibleLintRule

if TYPE_CHECKING:
    from ansiblelint.file_utils import Lintable
    from ansiblelint.utils import Task

FORBIDDEN = ("set_fact", "include_vars")


class NoSetFact(AnsibleLintRule):  # type: ignore[misc]
    """A value that a task sets outranks the inventory, in silence and for the rest of the run."""

    id = "no-set-fact"
    description = "Use defaults, the inventory, the play's wiring, or `vars` of the task."
    severity = "MEDIUM"
    tags = ("house",)
    version_changed = "1.0.0"

    def matchtask(self, task: Task, file: Lintable | None = None) -> bool | str:
        """Complain about set_fact and include_vars in roles and playbooks."""
        action = str(task["action"]["__ansible_module_original__"]).rpartition(".")[2]
        return f"{action} hides where a value comes from; {self.description}" if action in FORBIDDEN else False
