"""Rule no-catalogue-loop: a role makes one call for all services."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ansiblelint.rules import AnsibleLintRule

if TYPE_CHECKING:
    from ansiblelint.file_utils import Lintable
    from ansiblelint.utils import Task

CATALOGUE = re.compile(r"\b(platform_services|catalogue_records|catalogue_services|[a-z]+_services)\b")


class NoCatalogueLoop(AnsibleLintRule):  # type: ignore[misc]
    """Thirty services in a loop take half a minute; one module call for all of them takes half a second."""

    id = "no-catalogue-loop"
    description = "Roles do not loop over services; pass a projection to one module call, such as longhouse_files."
    severity = "HIGH"
    tags = ("house",)
    version_changed = "1.0.0"

    def matchtask(self, task: Task, file: Lintable | None = None) -> bool | str:
        """Complain about a loop whose list is made of services."""
        if file is None or "roles/" not in str(file.path):
            return False
        for key, value in task.raw_task.items():
            if (key == "loop" or key.startswith("with_")) and CATALOGUE.search(str(value)):
                return f"{key} over services; make a projection and one call of it ({value})"
        return False
