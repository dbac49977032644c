"""Pages are served from the repository: what is committed is what the pinned packages hold."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
STATIC = ROOT / "nginx" / "static"
PLACES = {STATIC / "vendor": {"swagger-ui-dist", "uplot"}, ROOT / "tests" / "console" / "vendor": {"axe-core"}}

each_place = pytest.mark.parametrize("place", PLACES, ids=lambda path: str(path.relative_to(ROOT)))


@each_place
def test_vendored_files_are_the_recorded_ones(place: Path) -> None:
    recorded = {line.split()[1]: line.split()[0] for line in (place / "SHA256SUMS").read_text().splitlines()}
    present = {
        f"{folder.name}/{file.name}": hashlib.sha256(file.read_bytes()).hexdigest()
        for folder in place.iterdir()
        if folder.is_dir()
        for file in folder.iterdir()
    }
    assert present == recorded


@each_place
def test_the_packages_are_pinned_by_version_and_hash_and_name_no_registry(place: Path) -> None:
    wanted = json.loads((place / "package.json").read_text())["dependencies"]
    locked = json.loads((place / "package-lock.json").read_text())["packages"]
    assert set(wanted) == PLACES[place]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all(entry.get("integrity", "").startswith("sha512-") for path, entry in locked.items() if path)
    assert not any("resolved" in entry for entry in locked.values())


@pytest.mark.parametrize("page", ["docs", "console"])
def test_a_page_loads_nothing_from_elsewhere_and_runs_nothing_inline(page: str) -> None:
    html = (STATIC / page / "index.html").read_text()
    assert "//" not in html.replace("<!doctype html>", "")
    assert "<script>" not in html
    assert "style=" not in html
    assert "<style" not in html


def test_no_module_of_the_console_makes_html_of_text_or_keeps_a_token() -> None:
    for module in (STATIC / "console").glob("*.js"):
        source = module.read_text()
        for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "localStorage",
                     "sessionStorage", "document.cookie", "indexedDB", "https://"):  # fmt: skip
            assert word not in source, (module.name, word)
