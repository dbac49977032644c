"""Role units removes service units nobody wants; it must know those that other roles own."""

from __future__ import annotations

import re

import yaml

from tests.unit.plugins import ROOT

TEMPLATE_UNIT = re.compile(r"\blonghouse-[a-z-]+@\.service(?=[\"':\s])")


def test_template_units_of_other_roles_are_spared_and_their_names_reserved() -> None:
    others = {
        name
        for path in (ROOT / "roles").glob("*/tasks/*.yml")
        if path.parts[-3] != "units"
        for name in TEMPLATE_UNIT.findall(path.read_text())
    }
    tasks = yaml.safe_load((ROOT / "roles/units/tasks/files.yml").read_text())
    (spared,) = [task["longhouse_files"]["spared"] for task in tasks if "spared" in task.get("longhouse_files", {})]
    assert others == set(spared)
    reserved = (ROOT / "roles/catalogue/python/longhouse_catalogue/entry.py").read_text()
    for name in others:
        assert f'"{name.removeprefix("longhouse-").removesuffix("@.service")}"' in reserved
