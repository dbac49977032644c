"""Pages that repeat what the code says, say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from control.documentation import PAGE, variables_page
from tests.unit.catalogue.entries import normalise
from tests.unit.plugins import ROOT

ADDING = ROOT / "docs" / "adding-a-service.md"


def keys(options: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for name, option in options.items():
        below = list(keys(option.get("options", {}), f"{above}{name}."))
        yield from below or [f"{above}{name}"]


def test_variables_md_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == variables_page(), "run: python -m control.documentation"


def test_adding_a_service_explains_every_key_and_no_other() -> None:
    specification = yaml.safe_load((ROOT / "roles/catalogue/meta/argument_specs.yml").read_text(encoding="utf-8"))
    expected = set(keys(specification["argument_specs"]["main"]["options"]["catalogue_services"]["options"]))
    rows = [line for line in ADDING.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    explained = {key.strip(" `") for row in rows for key in row.split("|")[1].split(",")}
    assert explained == expected


def test_the_example_of_adding_a_service_is_accepted() -> None:
    example = ADDING.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    entry = yaml.safe_load(example)
    assert normalise(entry)[0]["name"] == entry[0]["name"]


def test_adding_a_service_fits_a_screen() -> None:
    assert len(ADDING.read_text(encoding="utf-8").splitlines()) <= 75
