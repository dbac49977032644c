"""What a panel asks Prometheus: by names, so that no expression stands in a dashboard alone.

Computed expressions have their home in the console's definitions.json or in a recording rule; a dashboard names them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from control.layout import REPOSITORY

DEFINITIONS = REPOSITORY / "roles/console/files/longhouse_console/definitions.json"
RULES = REPOSITORY / "roles/prometheus/files/rules"
# What the definitions' placeholders become: the dashboard's choice of services, and four scrapes or a step.
PLACEHOLDERS = {"$services": "$service", "$window": "$__rate_interval"}
# A metric or a recorded one, with or without matchers; a colon makes it a recorded one.
BARE = re.compile(r"(?P<name>[a-zA-Z_][\w:]*)(\{[^{}]*\})?")
# Points in time are told as Unix seconds and read as durations.
READINGS = {"": "{}", "age": "time() - ({})", "remaining": "({}) - time()"}


@dataclass(frozen=True)
class Series:
    """One query of a panel. `legend` names labels in braces: `{service}`."""

    legend: str
    expression: str


@dataclass(frozen=True)
class Queries:
    """`figures` and `panels` as in definitions.json; `recorded` are the names of the recording rules."""

    figures: dict[str, str]
    panels: dict[str, Any]
    recorded: frozenset[str]

    def figure(self, name: str, reading: str = "") -> str:
        """The expression of a figure of the console. KeyError for a name it does not have."""
        return READINGS[reading].format(_filled(self.figures[name]))

    def metric(self, text: str) -> str:
        """A metric as it is told or recorded. ValueError when it computes, or when no rule records it."""
        found = BARE.fullmatch(text)
        if found is None:
            raise ValueError(f"'{text}' computes: record it by a rule, or define it where the console does")
        if ":" in found["name"] and found["name"] not in self.recorded:
            raise ValueError(f"no rule records '{found['name']}'")
        return _filled(text)

    def plot(self, name: str) -> list[Series]:
        """The series of a plot of the console. KeyError for a name it does not have."""
        return [Series(one["name"], _filled(one["query"])) for one in self.panels[name]["series"]]


def load(definitions: Path = DEFINITIONS, rules: Iterable[Path] = ()) -> Queries:
    """Read the console's definitions and the rules."""
    found = json.loads(definitions.read_text(encoding="utf-8"))
    files = list(rules) or sorted(RULES.glob("*.yml"))
    groups = (group for file in files for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"])
    recorded = frozenset(rule["record"] for group in groups for rule in group["rules"] if "record" in rule)
    return Queries(found["figures"], found["panels"], recorded)


def _filled(query: str) -> str:
    for placeholder, meaning in PLACEHOLDERS.items():
        query = query.replace(placeholder, meaning)
    return query
