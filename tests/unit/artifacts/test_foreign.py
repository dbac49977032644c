"""Applications of others become artifacts too: from a package or a bare folder, with a lock or without."""

from __future__ import annotations

import hashlib
import tarfile
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from control.artifacts import Artifact, BuildError
from tests.unit.artifacts.conftest import Workspace, wheel


@pytest.fixture
def foreign(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The workspace with the host's server, and a Flask-like folder that is no package."""
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(workspace.index))
    workspace.project("longhouse-server", ["beta"])
    notes = workspace.root / "services/notes"
    (notes / "static").mkdir(parents=True)
    (notes / "notes.py").write_text("app = 1\n")
    (notes / "static/style.css").write_text("body {}\n")
    (notes / ".env").write_text("SECRET_KEY=abc\n")
    (notes / "tests").mkdir()
    (notes / "tests/test_it.py").write_text("")
    catalogue = workspace.root / "services/catalogue.yml"
    catalogue.write_text(catalogue.read_text() + "  - {name: notes, path: services/notes, web: {interface: wsgi}}\n")
    return workspace


def pinned(folder: Path, index: Path, **requires: tuple[str, ...]) -> None:
    """A requirements.txt with hashes."""
    lines = [f"{name}==1 --hash=sha256:{wheel(index, name, needs)}\n" for name, needs in requires.items()]
    (folder / "requirements.txt").write_text("".join(lines))


def own_wheels(artifact: Artifact) -> dict[str, list[str]]:
    with tarfile.open(artifact.path) as archive:
        found = {}
        for member in archive.getnames():
            if member.startswith("wheels/"):
                content = archive.extractfile(member)
                assert content is not None
                found[member] = zipfile.ZipFile(BytesIO(content.read())).namelist()
        return found


def test_a_folder_travels_as_it_is_without_its_secrets_and_tests(foreign: Workspace) -> None:
    pinned(foreign.root / "services/notes", foreign.index, delta=())
    wheels = own_wheels(foreign.build("notes")["notes"])
    names = wheels["wheels/notes_tree-0-py3-none-any.whl"]
    carried = [name.partition("/data/app/")[2] for name in names if "/data/app/" in name]
    assert carried == ["notes.py", "requirements.txt", "static/style.css"]
    assert "notes_tree.pth" in names, "its modules would not be found"
    assert "wheels/longhouse_server-0.1.0-py3-none-any.whl" in wheels


def test_a_hashed_requirements_file_is_the_lock_and_the_server_comes_from_ours(foreign: Workspace) -> None:
    folder = foreign.root / "services/notes"
    pinned(folder, foreign.index, delta=())
    artifact = foreign.build("notes")["notes"]
    assert {item.name for item in artifact.wheels} == {"notes-tree", "longhouse-server", "delta", "beta"}
    assert not (folder / "longhouse.lock").exists()


def test_its_own_pin_of_what_the_server_needs_wins_and_a_contradiction_is_refused(foreign: Workspace) -> None:
    folder = foreign.root / "services/notes"
    pinned(folder, foreign.index, beta=())
    assert "beta" in {item.name for item in foreign.build("notes")["notes"].wheels}
    pinned(folder, foreign.index, delta=("beta>=2",))
    with pytest.raises(BuildError, match=r"delta requires beta>=2, but the lock pins beta==1"):
        foreign.build("notes")


def test_requirements_without_hashes_are_locked_once_and_anew_when_they_change(foreign: Workspace) -> None:
    folder = foreign.root / "services/notes"
    wheel(foreign.index, "delta", ("alpha",))
    (folder / "requirements.txt").write_text("delta\n")
    first = foreign.build("notes")["notes"]
    lock = folder / "longhouse.lock"
    before = lock.read_text()
    assert {item.name for item in first.wheels} == {"notes-tree", "longhouse-server", "alpha", "beta", "delta"}
    assert all(f"--hash=sha256:{item.sha256}" in before for item in first.wheels if not item.own)
    assert foreign.build("notes")["notes"].version == first.version
    assert lock.read_text() == before
    wheel(foreign.index, "epsilon")
    (folder / "requirements.txt").write_text("delta\nepsilon\n")
    assert "epsilon" in {item.name for item in foreign.build("notes")["notes"].wheels}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("-e .", "is an option that a release cannot keep"),
        ("delta @ https://example.org/delta.whl", "is fetched from an address"),
        ("./vendored", "names no published distribution"),
        ("-r more.txt", "is not there"),
        ("nowhere-to-be-found", "cannot be locked"),
    ],
)
def test_what_cannot_be_locked_is_refused_with_file_and_line(foreign: Workspace, line: str, why: str) -> None:
    folder = foreign.root / "services/notes"
    (folder / "requirements.txt").write_text(f"# things\n{line}\n")
    with pytest.raises(BuildError, match=why) as refused:
        foreign.build("notes")
    assert str(folder / "requirements.txt") in str(refused.value)
    assert not (folder / "longhouse.lock").exists()
    assert not list(folder.glob(".longhouse-lock*"))


def test_a_folder_that_says_nowhere_what_it_needs_is_refused(foreign: Workspace) -> None:
    with pytest.raises(BuildError, match="says nowhere what it needs; write what it needs into"):
        foreign.build("notes")


def test_packed_twice_it_is_the_same_bytes(foreign: Workspace, tmp_path: Path) -> None:
    pinned(foreign.root / "services/notes", foreign.index, delta=())
    twice = [foreign.build("notes", dist=tmp_path / place)["notes"].path.read_bytes() for place in ("one", "two")]
    assert hashlib.sha256(twice[0]).digest() == hashlib.sha256(twice[1]).digest()
