"""The catalogue file itself: YAML with one key, no key twice."""

from __future__ import annotations

from typing import Any

import yaml

KEY = "catalogue_services"


class CatalogueError(ValueError):
    """The catalogue or its overrides cannot be used; the message has one line for each mistake."""

    def __init__(self, problems: list[str]) -> None:
        count = "one mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        super().__init__(f"{count} in the catalogue, nothing was changed:\n" + "\n".join(f"- {p}" for p in problems))
        self.problems = problems


class _OnceLoader(yaml.SafeLoader):
    """YAML lets a repeated key win silently; here it is a mistake."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"'{key}' is there twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def read(text: str, source: str) -> dict[str, Any]:
    """Content of a catalogue file, {catalogue_services: [...]}; `source` is its name for messages.

    Raises CatalogueError with file, line and column.
    """
    try:
        content = yaml.load(text, _OnceLoader)  # noqa: S506 (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{source}:{mark.line + 1}:{mark.column + 1}" if mark else source
        raise CatalogueError([f"{place}: {error.problem}"]) from None
    if not isinstance(content, dict) or KEY not in content:
        raise CatalogueError([f"{source}: expected one key, `{KEY}:`, with a list of services below it"])
    surplus = [str(key) for key in content if key != KEY]
    if surplus:
        raise CatalogueError([f"{source}: {key}: unknown key; the file holds `{KEY}:` alone" for key in surplus])
    return content
