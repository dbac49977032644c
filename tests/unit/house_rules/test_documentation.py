"""Pages that repeat what the code says, say the same."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from control.documentation import PAGE, variables_page
from tests.unit.catalogue.entries import normalise
from tests.unit.plugins import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PICTURE = re.compile(r"!\[(?P<words>[^]]*)]\((?P<file>[^)]+)\)")
LARGEST_PICTURE = 150_000  # bytes
WIDEST_PICTURE = 1200  # pixels

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


def shown() -> Iterator[tuple[Path, str]]:
    """File and words of every picture on a page."""
    for page in PAGES:
        for picture in PICTURE.finditer(page.read_text(encoding="utf-8")):
            yield (page.parent / picture["file"]).resolve(), picture["words"]


def test_every_picture_is_shown_somewhere_and_every_one_that_is_shown_exists() -> None:
    assert {file for file, _ in shown()} == set((ROOT / "docs").rglob("*.png"))


def test_a_picture_is_light_to_load_and_has_words_for_who_cannot_see_it() -> None:
    for file, words in shown():
        content = file.read_bytes()
        width, _ = struct.unpack(">II", content[16:24])  # the first chunk of every PNG
        assert (len(content) <= LARGEST_PICTURE, width <= WIDEST_PICTURE) == (True, True), file.name
        assert len(words.split()) > 3, file.name
