"""Signatures of artifacts, as minisign writes them. Whether minisign accepts them is tried on a host."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from control import layout
from control.artifacts.model import BuildError
from control.artifacts.signature import KEY, SigningKey, key_files, sign_all, with_signatures


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    path = tmp_path / "dist" / "order-1.tar"
    path.parent.mkdir()
    path.write_bytes(b"wheels")
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LONGHOUSE_SIGNING_KEY", raising=False)
    monkeypatch.setattr(layout, "STATE", tmp_path / "state")
    return tmp_path / "home"


def test_a_key_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "keys" / KEY
    first = SigningKey.ensure(path).public
    assert SigningKey.ensure(path).public == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == [KEY]


def test_the_signature_holds_by_the_public_half_alone(artifact: Path, tmp_path: Path) -> None:
    key = SigningKey.ensure(tmp_path / KEY)
    raw = base64.b64decode(key.public)
    lines = key.sign(artifact).read_text().splitlines()
    signature = base64.b64decode(lines[1])
    assert (raw[:2], signature[:2]) == (b"Ed", b"ED")
    assert raw[2:10] == signature[2:10] == key.id
    public = Ed25519PublicKey.from_public_bytes(raw[10:])
    public.verify(signature[10:], hashlib.blake2b(b"wheels").digest())
    public.verify(base64.b64decode(lines[3]), signature[10:] + lines[2].removeprefix("trusted comment: ").encode())


def test_signing_twice_gives_the_same_bytes(artifact: Path, tmp_path: Path) -> None:
    key = SigningKey.ensure(tmp_path / KEY)
    before = key.sign(artifact).read_bytes()
    assert key.sign(artifact).read_bytes() == before
    artifact.write_bytes(b"others")
    assert key.sign(artifact).read_bytes() != before


def test_every_key_of_the_machine_signs_and_every_signature_travels(artifact: Path, tmp_path: Path, home: Path) -> None:
    keys = [SigningKey.ensure(folder / KEY) for folder in (home / ".longhouse", tmp_path / "state")]
    sign_all([artifact], key_files())
    expected = {artifact.name, *(f"{artifact.name}.{key.id.hex()}.minisig" for key in keys)}
    assert {path.name for path in with_signatures(artifact)} == expected


@pytest.mark.usefixtures("home")
def test_a_machine_without_keys_leaves_the_signatures_an_artifact_came_with(artifact: Path, tmp_path: Path) -> None:
    brought = SigningKey.ensure(tmp_path / "elsewhere" / KEY).sign(artifact)
    sign_all([artifact], key_files())
    assert with_signatures(artifact) == [artifact, brought]


@pytest.mark.usefixtures("home")
def test_a_key_that_a_pipeline_names_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = tmp_path / "brought.key"
    monkeypatch.setenv("LONGHOUSE_SIGNING_KEY", str(named))
    with pytest.raises(BuildError, match=r"brought\.key: is not there"):
        key_files()
    SigningKey.ensure(named)
    assert key_files() == [named]


def test_a_broken_key_is_named(tmp_path: Path) -> None:
    (tmp_path / KEY).write_text("nonsense")
    with pytest.raises(BuildError, match=f"{KEY}: is no key"):
        SigningKey.ensure(tmp_path / KEY)
