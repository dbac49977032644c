"""Template units of other roles share a name space with those of the services."""

from __future__ import annotations

import re
from typing import Any

import yaml
from longhouse_catalogue.entry import RESERVED_NAMES

from tests.unit.plugins import ROOT

TEMPLATE_UNIT = re.compile(r"\blonghouse-[a-z-]+@\.service(?=[\"':\s])")


def of_other_roles() -> set[str]:
    tasks = (path for path in (ROOT / "roles").glob("*/tasks/*.yml") if path.parts[-3] != "units")
    return {name for path in tasks for name in TEMPLATE_UNIT.findall(path.read_text())}


def test_no_service_can_have_the_name_of_one() -> None:
    assert {"longhouse-alert@.service", "longhouse-backup@.service"} <= of_other_roles()
    assert {name.removeprefix("longhouse-").removesuffix("@.service") for name in of_other_roles()} <= RESERVED_NAMES


def test_they_do_not_begin_like_a_unit_that_role_units_may_remove() -> None:
    tasks = yaml.safe_load((ROOT / "roles/units/tasks/files.yml").read_text())
    calls: list[dict[str, Any]] = [task.get("longhouse_files", {}) for task in tasks]
    (mark,) = {call["mark"] for call in calls if call.get("path") == "/etc/systemd/system"}
    for name in of_other_roles():
        (template,) = (ROOT / "roles").glob(f"*/templates/**/{name}.j2")
        assert not template.read_text().startswith(mark), name
