"""docs/variables.md: every variable of every role, made from the argument specifications.

`python -m control.documentation` writes it; a test compares it with the roles.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "variables.md"
HEADER = """<!-- Made by `python -m control.documentation` from roles/*/meta/argument_specs.yml; change those. -->
# Variables

What each role takes. Variables of the environment (`platform_…`, `catalogue_overrides`, `vault_…`) are described in the
inventories themselves; the plays in `playbooks/` say which role gets what.
"""


def variables_page(roles: Path = ROOT / "roles") -> str:
    """The whole page as Markdown, roles and their variables in alphabetical order."""
    return "\n".join([HEADER, *(_section(path) for path in sorted(roles.glob("*/meta/argument_specs.yml")))])


def _section(path: Path) -> str:
    entry_points = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]
    parts = []
    for entry_point, specification in entry_points.items():
        role = path.parents[1].name
        title = role if entry_point == "main" else f"{role}: {entry_point}"
        rows = list(_rows(specification.get("options", {}), ""))
        lines = [f"## {title}", "", f"{specification['short_description']}.", ""]
        if rows:
            lines += ["| variable | type | default | meaning |", "|---|---|---|---|", *rows, ""]
        parts.append("\n".join(lines))
    return "\n".join(parts)


def _rows(options: Mapping[str, Any], above: str) -> Iterator[str]:
    for name, option in sorted(options.items()) if not above else options.items():
        path = f"{above}{name}"
        cells = [f"`{path}`", _type(option), _default(option), _meaning(option)]
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
        below = f"{path}[]." if option.get("type") == "list" else f"{path}."
        yield from _rows(option.get("options", {}), below)


def _type(option: Mapping[str, Any]) -> str:
    kind = str(option.get("type", "str"))
    return f"{kind} of {option['elements']}" if "elements" in option else kind


def _default(option: Mapping[str, Any]) -> str:
    if option.get("required"):
        return "**required**"
    return f"`{json.dumps(option['default'])}`" if option.get("default") is not None else ""


def _meaning(option: Mapping[str, Any]) -> str:
    text = option.get("description", "")
    joined = " ".join(text) if isinstance(text, list) else str(text)
    choices = option.get("choices")
    return f"{joined.strip()} One of {', '.join(f'`{choice}`' for choice in choices)}." if choices else joined.strip()


if __name__ == "__main__":
    PAGE.write_text(variables_page(), encoding="utf-8")
