"""Shape of an entry: keys, types and defaults as meta/argument_specs.yml of this role states them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

SPECIFICATION = Path(__file__).resolve().parents[2] / "meta" / "argument_specs.yml"
WORDS = {"str": "text", "int": "a whole number", "bool": "true or false", "list": "a list", "dict": "a mapping"}
TYPES: dict[str, type] = {"str": str, "int": int, "bool": bool, "list": list, "dict": dict}

Options = Mapping[str, Mapping[str, Any]]


@lru_cache(maxsize=1)
def entry_options() -> Options:
    """Options of one catalogue entry, in the words of an argument specification."""
    specification = yaml.safe_load(SPECIFICATION.read_text(encoding="utf-8"))
    options: Options = specification["argument_specs"]["main"]["options"]["catalogue_services"]["options"]
    return options


def suggestion(word: str, known: Iterable[str]) -> str:
    """` (did you mean 'port'?)` or nothing."""
    close = difflib.get_close_matches(word, sorted(known), n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def top_key(path: str) -> str:
    """`fleet` of `fleet[0].program`."""
    return path.partition(".")[0].partition("[")[0]


class Shape:
    """Checks values against options; every problem is added to `problems` as one line that begins with `place`."""

    def __init__(self, place: str, problems: list[str], *, complete: bool = True) -> None:
        """`complete=False` is for overrides: what is absent stays absent."""
        self.place = place
        self.problems = problems
        self.complete = complete
        self.keys: set[str] = set()  # top-level keys with a problem

    def mapping(self, value: Mapping[Any, Any], options: Options, path: str = "") -> dict[str, Any]:
        """`value` with unknown and unusable keys left out and, when complete, defaults filled in."""
        for key in value:
            if key not in options:
                hint = suggestion(str(key), options) or f"; known keys: {', '.join(options)}"
                self._report(f"{path}{key}", f"unknown key{hint}")
        shaped: dict[str, Any] = {}
        for key, option in options.items():
            given = value.get(key)  # null reads as absent, so that an override can take a database away
            if given is not None and self._fits(f"{path}{key}", given, option):
                shaped[key] = self._item(f"{path}{key}", given, option)
            elif self.complete:
                if given is None and option.get("required"):
                    self._report(f"{path}{key}", f"missing; add `{key}: <{WORDS[option['type']]}>`")
                shaped[key] = self._default(f"{path}{key}", option)
        return shaped

    def _default(self, path: str, option: Mapping[str, Any]) -> Any:
        default = option.get("default")
        if default is None:
            return None
        return self._item(path, default, option)

    def _item(self, path: str, value: Any, option: Mapping[str, Any]) -> Any:
        if option["type"] == "dict" and "options" in option:
            return self.mapping(value, option["options"], f"{path}.")
        if option["type"] == "dict":
            return dict(value)
        if option["type"] == "list":
            element = {**option, "type": option["elements"]}
            # A list in an override replaces the whole list, so its elements must be complete.
            whole = Shape(self.place, self.problems)
            whole.keys = self.keys
            return [
                whole._item(f"{path}[{index}]", item, element)
                for index, item in enumerate(value)
                if whole._fits(f"{path}[{index}]", item, element)
            ]
        return value

    def _fits(self, path: str, value: Any, option: Mapping[str, Any]) -> bool:
        expected = option["type"]
        # bool is an int to Python, not to a reader of YAML.
        if not isinstance(value, TYPES[expected]) or (expected == "int" and isinstance(value, bool)):
            self._report(path, f"expected {WORDS[expected]}, found {value!r}{_quoting_hint(value, expected)}")
            return False
        choices = option.get("choices", [])
        if expected != "list" and choices and value not in choices:
            self._report(path, f"'{value}' is none of {', '.join(choices)}{suggestion(str(value), choices)}")
            return False
        return True

    def _report(self, path: str, complaint: str) -> None:
        self.keys.add(top_key(path))
        self.problems.append(f"{self.place}: {path}: {complaint}")


def _quoting_hint(value: Any, expected: str) -> str:
    if expected == "int" and isinstance(value, str) and value.strip().isdigit():
        return "; remove the quotes"
    if expected == "list" and isinstance(value, str):
        return f"; write [{value}]"
    return ""
