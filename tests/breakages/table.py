"""The breakages of a folder of tests, as its `breakages.toml` lists them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
_TEST = re.compile(r"^(?:async )?def (test_\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Breakage:
    """`broken` and `mended` are shell lines for the host (for the project's folder on this side when `here`).

    Each test of `fails`, written `file.py::test`, must fail in between, with each of its parameters; written
    `file.py::test[words]`, with those whose name has these words.
    """

    what: str
    broken: str
    mended: str
    fails: tuple[str, ...]
    here: bool = False


def read(folder: str) -> list[Breakage]:
    """The table of `tests/<folder>`. Raises KeyError or ValueError when an entry is not complete."""
    found = tomllib.loads((TESTS / folder / "breakages.toml").read_text())["breakage"]
    return [
        Breakage(row["what"], row["break"], row["mend"], tuple(row["fails"]), row.get("here", False)) for row in found
    ]


def unbroken(folder: str) -> dict[str, str]:
    """Why by test, for those that nothing on the host can break."""
    found = tomllib.loads((TESTS / folder / "breakages.toml").read_text()).get("unbroken", [])
    return {row["test"]: row["why"] for row in found}


def names_in(folder: str) -> set[str]:
    """Every test of `tests/<folder>`, written `file.py::test`."""
    return {
        f"{file.name}::{name}"
        for file in (TESTS / folder).glob("test_*.py")
        for name in _TEST.findall(file.read_text())
    }
