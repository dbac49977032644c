"""The API page is served from the repository: what is committed is what the pinned package holds."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

STATIC = Path(__file__).resolve().parents[3] / "nginx" / "static"
VENDOR = STATIC / "vendor"


def test_vendored_files_are_the_recorded_ones() -> None:
    recorded = {line.split()[1]: line.split()[0] for line in (VENDOR / "SHA256SUMS").read_text().splitlines()}
    present = {
        f"swagger-ui/{file.name}": hashlib.sha256(file.read_bytes()).hexdigest()
        for file in (VENDOR / "swagger-ui").iterdir()
    }
    assert present == recorded


def test_the_package_is_pinned_by_version_and_hash_and_names_no_registry() -> None:
    wanted = json.loads((VENDOR / "package.json").read_text())["dependencies"]
    locked = json.loads((VENDOR / "package-lock.json").read_text())["packages"]
    assert set(wanted) == {"swagger-ui-dist"}
    assert locked["node_modules/swagger-ui-dist"]["version"] == wanted["swagger-ui-dist"]
    assert all(entry.get("integrity", "").startswith("sha512-") for path, entry in locked.items() if path)
    assert not any("resolved" in entry for entry in locked.values())


def test_the_page_loads_nothing_from_elsewhere_and_runs_nothing_inline() -> None:
    page = (STATIC / "docs" / "index.html").read_text()
    assert "//" not in page.replace("<!doctype html>", "")
    assert "<script>" not in page
    assert "style=" not in page
    assert "<style" not in page
