"""An artifact is named by its content, holds exactly what the service needs, and is the same bytes each time."""

from __future__ import annotations

import json
import os
import tarfile
import time
from pathlib import Path

import pytest

from control.artifacts import BuildError
from tests.unit.artifacts.conftest import Workspace


def manifest(path: Path) -> dict[str, object]:
    with tarfile.open(path) as archive:
        member = archive.extractfile("manifest.json")
        assert member is not None
        return dict(json.load(member))


def test_built_twice_it_is_the_same_bytes(workspace: Workspace, tmp_path: Path) -> None:
    first = workspace.build("order")["order"]
    for path in (workspace.root / "services").rglob("*.py"):
        os.utime(path, (1, 1))
    before = os.umask(0o077)
    try:
        second = workspace.build("order", dist=tmp_path / "elsewhere")["order"]
    finally:
        os.umask(before)
    assert first.path != second.path
    assert first.path.read_bytes() == second.path.read_bytes()


def test_it_holds_own_wheels_and_names_only_the_wheels_it_needs(workspace: Workspace) -> None:
    built = workspace.build("order", "user")
    with tarfile.open(built["order"].path) as archive:
        assert archive.getnames() == [
            "manifest.json", "sbom.cdx.json", "wheels/library-0.1.0-py3-none-any.whl",
            "wheels/order_service-0.1.0-py3-none-any.whl",
        ]  # fmt: skip
    names = {service: {wheel.name for wheel in artifact.wheels} for service, artifact in built.items()}
    assert names["order"] == {"library", "order-service", "alpha", "beta", "gamma"}
    assert names["user"] == {"library", "user-service", "alpha", "gamma"}
    assert all((workspace.dist / "wheels" / file).exists() for file in built["order"].shared_wheels)


def test_the_manifest_says_what_it_is(workspace: Workspace) -> None:
    commit = workspace.commit()
    artifact = workspace.build("order")["order"]
    found = manifest(artifact.path)
    assert (found["service"], found["version"], found["commit"], found["dirty"]) == (
        "order",
        artifact.version,
        commit,
        False,
    )
    assert (found["python"], found["migrate"], found["commands"]) == (
        "3.13", "order-migrate", ["library-run", "order-service-run"],
    )  # fmt: skip


def test_an_unchanged_service_keeps_its_version(workspace: Workspace) -> None:
    before = workspace.build()
    source = workspace.root / "services/order-service"
    (source / "src/order_service/new.py").write_text("x = 1\n")
    (source / "tests").mkdir()
    after = workspace.build()
    assert before["order"].version != after["order"].version
    assert before["user"].version == after["user"].version
    (source / "tests/test_it.py").write_text("assert True\n")
    assert workspace.build()["order"].version == after["order"].version


def test_a_change_in_the_shared_library_or_in_a_needed_wheel_is_a_new_version(workspace: Workspace) -> None:
    first = workspace.build()
    (workspace.root / "services/library/src/library/__init__.py").write_text("x = 1\n")
    second = workspace.build()
    assert {name for name in first if first[name].version != second[name].version} == {"order", "user"}
    workspace.lock(alpha=('gamma; extra == "extra"',), beta=("unused",), gamma=(), unused=())
    third = workspace.build()
    assert {name for name in second if second[name].version != third[name].version} >= {"order"}


def test_nothing_to_do_takes_no_time(workspace: Workspace) -> None:
    assert all(artifact.built for artifact in workspace.build().values())
    begun = time.process_time()
    assert not any(artifact.built for artifact in workspace.build().values())
    assert time.process_time() - begun < 0.5


def test_an_uncommitted_tree_shows_in_the_version_and_committing_takes_the_mark_off(workspace: Workspace) -> None:
    dirty = workspace.build("user")["user"]
    commit = workspace.commit()
    clean = workspace.build("user")["user"]
    assert (dirty.dirty, clean.dirty, clean.commit) == (True, False, commit)
    assert dirty.version == f"{clean.version}.dirty"
    assert manifest(clean.path)["dirty"] is False
    (workspace.root / "services/order-service/src/order_service/__init__.py").write_text("x = 1\n")
    assert not workspace.build("user")["user"].dirty


def test_what_the_lock_does_not_pin_is_refused_with_who_asks(workspace: Workspace) -> None:
    workspace.lock(alpha=("delta",), beta=(), gamma=())
    with pytest.raises(BuildError, match="alpha requires delta, which the lock does not pin"):
        workspace.build("user")


def test_a_pin_without_a_hash_is_refused(workspace: Workspace) -> None:
    path = workspace.root / "services/requirements.txt"
    path.write_text(path.read_text() + "epsilon==1\n")
    with pytest.raises(BuildError, match="epsilon==1 has no hash"):
        workspace.build("user")


def test_a_wheel_that_is_not_the_locked_one_is_refused(workspace: Workspace) -> None:
    (workspace.index / "alpha-1-py3-none-any.whl").write_bytes(b"something else")
    with pytest.raises(BuildError, match="could not be fetched"):
        workspace.build("user")
    assert not list(workspace.dist.glob("*.tar"))


def test_emptied_wheels_are_fetched_again(workspace: Workspace) -> None:
    artifact = workspace.build("user")["user"]
    lost = workspace.dist / "wheels" / artifact.shared_wheels[0]
    lost.unlink()
    workspace.build("user")
    assert lost.exists()


def test_unknown_and_broken_services_are_one_clear_line(workspace: Workspace) -> None:
    with pytest.raises(BuildError, match="no service named odrer; known: gone, order, user"):
        workspace.build("odrer")
    (workspace.root / "services/user-service/pyproject.toml").write_text("[project]\nname = 'user-service'\n")
    with pytest.raises(BuildError, match=r"user-service/pyproject.toml: .* lacks 'version'"):
        workspace.build("user")


def test_the_bill_of_materials_names_every_wheel_with_its_hash(workspace: Workspace) -> None:
    artifact = workspace.build("order")["order"]
    with tarfile.open(artifact.path) as archive:
        member = archive.extractfile("sbom.cdx.json")
        assert member is not None
        found = json.load(member)
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.6")
    assert found["metadata"]["component"]["version"] == artifact.version
    named = {(part["name"], part["version"], part["hashes"][0]["content"]) for part in found["components"]}
    assert named == {(wheel.name, wheel.version, wheel.sha256) for wheel in artifact.wheels}
    assert all(part["purl"] == f"pkg:pypi/{part['name']}@{part['version']}" for part in found["components"])


def test_a_careful_environment_takes_only_what_is_committed(workspace: Workspace) -> None:
    workspace.commit()
    assert not workspace.build("order", only_committed="production")["order"].dirty
    (workspace.root / "services/order-service/src/order_service/new.py").write_text("x = 1\n")
    with pytest.raises(BuildError, match=r"order 0\.1\.0-.*not committed, and production takes only") as refusal:
        workspace.build("order", only_committed="production")
    assert "\n" not in str(refusal.value)
    assert workspace.build("order")["order"].dirty
