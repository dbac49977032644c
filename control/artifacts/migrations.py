"""The revisions a service brings, oldest first, read from its sources: its release carries the plan with it."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from control.artifacts.model import BuildError

EXPAND = "expand"


def chain(project: Path) -> list[dict[str, str]]:
    """`[{"revision", "phase"}]` of the Alembic revisions in the package of `project`, in the order they run.

    Raises BuildError when they are not one line from the first to the newest.
    """
    modules = [_facts(path) for path in sorted(project.glob("src/*/migrations/versions/*.py"))]
    scripts = [module for module in modules if "revision" in module]
    following = {script.get("down_revision"): script for script in scripts}
    found: list[dict[str, str]] = []
    before: str | None = None
    while before in following:
        script = following.pop(before)
        before = str(script["revision"])
        found.append({"revision": before, "phase": str(script.get("phase", EXPAND))})
    if len(found) != len(scripts):
        names = ", ".join(sorted(str(script["revision"]) for script in scripts))
        raise BuildError(f"{project}: its revisions are not one line: {names}; give each the one before it")
    return found


def _facts(path: Path) -> dict[str, Any]:
    """Plain values that the module assigns at its top."""
    found: dict[str, Any] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets = [node.target]
        else:
            continue
        for target in targets:
            found |= _pairs(target, node.value)
    return found


def _pairs(target: ast.expr, value: ast.expr | None) -> dict[str, Any]:
    """`revision, down_revision = "2", "1"` is written too."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return {
            key: content for left, right in zip(target.elts, value.elts, strict=False)
            for key, content in _pairs(left, right).items()
        }  # fmt: skip
    if isinstance(target, ast.Name) and isinstance(value, ast.Constant):
        return {target.id: value.value}
    return {}
