"""What the final checks are told about the catalogue."""

from __future__ import annotations

import re
from typing import Any

from tests.unit.nginx.rendering import ROOT, filters, service

catalogue_checks = filters("checks")["catalogue_checks"]


def entry(name: str, *, fleet: bool, state: str = "live") -> dict[str, Any]:
    programs = [{"program": "relay", "command": "x-relay"}] if fleet else []
    return {**service(name, f"/api/{name}", state=state), "fleet": programs}


def test_every_live_service_is_checked_and_its_fleet_when_it_has_one() -> None:
    assert catalogue_checks([entry("user", fleet=True), entry("order", fleet=False)]) == [
        {"name": "order", "fleet": False},
        {"name": "user", "fleet": True},
    ]


def test_planned_and_retired_services_are_not_missed() -> None:
    assert (
        catalogue_checks([entry("next", fleet=True, state="planned"), entry("old", fleet=True, state="retired")]) == []
    )


def test_every_check_has_its_section_in_the_manual() -> None:
    sources = (ROOT / "roles" / "checks" / "module_utils").glob("*_checks.py")
    checks = {name for source in sources for name in re.findall(r'Finding\(\s*"([a-z-]+)"', source.read_text())}
    manual = (ROOT / "docs" / "operations" / "checks.md").read_text()
    assert checks
    assert set(re.findall(r"^## (.+)$", manual, re.MULTILINE)) == checks
