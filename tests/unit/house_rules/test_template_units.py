"""Units and directories of the platform share a name space with those of the services."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml
from longhouse_catalogue.entry import RESERVED_NAMES

from tests.unit.plugins import ROOT
from tests.unit.sources import load

# Both hold one directory for each service.
DIRECTORY = re.compile(r"/(?:etc|opt)/longhouse/([a-z_]+)(?=[/\"'\s:])")
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


def test_no_service_can_have_the_directory_of_another_role() -> None:
    files = [path for kind in ("yml", "j2") for path in (ROOT / "roles").glob(f"*/*/**/*.{kind}")]
    found = {name for path in files for name in DIRECTORY.findall(path.read_text())}
    assert {"credentials", "snapshots", "tls", "artifacts"} <= found
    layout = load("roles/release/files/lhctl/layout.py").Layout(Path("/"))
    own = [layout.artifacts, layout.wheels, layout.environments, layout.installer]
    found |= {path.relative_to(layout.software).parts[0] for path in own} | {layout.trusted_key.parent.name}
    assert found - RESERVED_NAMES == set()


def owned_units() -> Iterator[str]:
    """Patterns of unit files that a role removes whatever they say inside."""
    for path in (ROOT / "roles").glob("*/tasks/*.yml"):
        for task in yaml.safe_load(path.read_text()):
            call = task.get("longhouse_files", {})
            if call.get("path") == "/etc/systemd/system" and "mark" not in call:
                yield call["owned"]


def test_no_role_removes_the_units_of_a_service() -> None:
    patterns = set(owned_units())
    assert len(patterns) >= 3
    for pattern in patterns:
        word = pattern.removeprefix("longhouse-").partition("[")[0].partition("-")[0].partition(".")[0].rstrip("*")
        names = {word, f"{word}s", f"{word}_x"} - RESERVED_NAMES
        units = [f"longhouse-{name}{kind}@.service" for name in names for kind in ("", "-fleet", "-migrate")]
        assert [unit for unit in units if fnmatch(unit, pattern)] == [], pattern
