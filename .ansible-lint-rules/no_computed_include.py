"""Rule no-computed-include: what a role does can be read without running it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ansiblelint.rules import AnsibleLintRule

if TYPE_CHECKING:
    from ansiblelint.file_utils import Lintable
    from ansiblelint.utils import Task

INCLUDES = ("include_tasks", "import_tasks", "include_role", "import_role")


class NoComputedInclude(AnsibleLintRule):  # type: ignore[misc]
    """A file name made by a template can be neither linted nor tagged nor found."""

    id = "no-computed-include"
    description = "Name the file or role; choose between several with `when`."
    severity = "MEDIUM"
    tags = ("house",)
    version_changed = "1.0.0"

    def matchtask(self, task: Task, file: Lintable | None = None) -> bool | str:
        """Complain about an include whose name is a template."""
        for key, value in task.raw_task.items():
            if str(key).rpartition(".")[2] in INCLUDES:
                name = value if isinstance(value, str) else str(value.get("file", value.get("name", "")))
                return f"{key} of a computed name ({name}); {self.description}" if "{{" in name else False
        return False
