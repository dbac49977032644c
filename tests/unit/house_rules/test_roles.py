"""What every role promises to whoever opens it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from tests.unit.plugins import ROOT, filters

ROLES = sorted(path for path in (ROOT / "roles").iterdir() if (path / "tasks").is_dir())
MOST_VARIABLES = 15
LONGEST_README = 40
PLATFORM_VARIABLE = re.compile(r"\b(platform_(services|secrets|catalogue\w*)|catalogue_(services|records)|vault_\w+)\b")

each_role = pytest.mark.parametrize("role", ROLES, ids=lambda path: path.name)


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content or {}


def options(role: Path) -> dict[str, Any]:
    found: dict[str, Any] = read(role / "meta" / "argument_specs.yml")["argument_specs"]["main"].get("options", {})
    return found


@each_role
def test_defaults_and_specification_name_the_same_variables(role: Path) -> None:
    assert sorted(read(role / "defaults" / "main.yml")) == sorted(options(role))


@each_role
def test_defaults_and_specification_agree_on_values(role: Path) -> None:
    defaults = read(role / "defaults" / "main.yml")
    stated = {name: option["default"] for name, option in options(role).items() if "default" in option}
    assert stated == {name: defaults[name] for name in stated}


@each_role
def test_a_required_variable_says_what_to_pass(role: Path) -> None:
    defaults = read(role / "defaults" / "main.yml")
    required = [name for name, option in options(role).items() if option.get("required")]
    assert [name for name in required if "undef(hint=" not in str(defaults[name])] == []


@each_role
def test_a_dictionary_that_may_be_empty_requires_nothing_within(role: Path) -> None:
    """Ansible asks for required suboptions of an empty dictionary too, and the default would be refused."""
    empty = {name: option.get("options", {}) for name, option in options(role).items() if option.get("default") == {}}
    assert [name for name, inner in empty.items() if any(one.get("required") for one in inner.values())] == []


@pytest.mark.parametrize(("given", "complaints"), [
    ({}, 0), ({"to": "a", "from": "b", "smarthost": "c"}, 0), ({"to": "a"}, 1), ({"to": "a", "from": "b"}, 1),
], ids=str)  # fmt: skip
def test_settings_of_mail_come_together(given: dict[str, str], complaints: int) -> None:
    mail = {"prometheus_mail": options(ROOT / "roles" / "prometheus")["prometheus_mail"]}
    found = ArgumentSpecValidator(mail).validate({"prometheus_mail": given}).error_messages
    assert len(found) == complaints
    assert all("to, from, smarthost found in prometheus_mail" in message for message in found)


def test_what_a_store_may_leave_out_is_documented_as_it_is_filled_in() -> None:
    described = options(ROOT / "roles" / "backup")["backup_store"]["options"]
    stated = {name: option["default"] for name, option in described.items() if "default" in option}
    given = {"endpoint": "s3.example.com", "bucket": "shop"}
    assert filters("backup")["backup_whole_store"](given) == {**given, **stated}


@each_role
def test_an_interface_stays_small(role: Path) -> None:
    assert len(options(role)) <= MOST_VARIABLES


@each_role
def test_variables_carry_the_name_of_their_role(role: Path) -> None:
    assert [name for name in options(role) if not name.startswith(f"{role.name}_")] == []


@each_role
def test_the_readme_fits_a_screen_and_says_what_cannot_be_changed(role: Path) -> None:
    lines = (role / "README.md").read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"# {role.name}"
    assert "## What cannot be changed later" in lines
    assert len(lines) <= LONGEST_README


@each_role
def test_a_role_does_not_reach_for_the_catalogue_or_the_vault(role: Path) -> None:
    """The play passes each role its projection, so that the play shows who gets what."""
    if role.name == "catalogue":
        return
    files = [path for path in role.rglob("*") if path.suffix in {".yml", ".j2"} and "meta" not in path.parts]
    found = {str(path.relative_to(ROOT)): PLATFORM_VARIABLE.findall(without_hints(path)) for path in files}
    assert {path: names for path, names in found.items() if names} == {}


def without_hints(path: Path) -> str:
    return re.sub(r"undef\(hint=.*?\)\s*}}|^\s*#.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)


@each_role
def test_a_role_depends_on_no_other(role: Path) -> None:
    meta = role / "meta" / "main.yml"
    assert not meta.exists() or read(meta).get("dependencies", []) == []
