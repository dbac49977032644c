"""Reads an artifact: checks its hash, then takes out the manifest and our own wheels, nothing else."""

from __future__ import annotations

import hashlib
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lhctl.errors import StepFailedError
from lhctl.signature import check_signature


@dataclass(frozen=True)
class Artifact:
    """An opened artifact: `own` maps wheel file name to its bytes."""

    manifest: Mapping[str, Any]
    own: Mapping[str, bytes]

    @classmethod
    def read(cls, path: Path, sha256: str, trusted: Path) -> Artifact:
        """Raises StepFailedError when the file is not the one that was asked for, or not whole.

        `trusted`: minisign's public key whose signature it needs; where there is no such file, none is asked for.
        """
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise StepFailedError(f"{path}: not on this host; run the deploy playbook, it brings it") from None
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            raise StepFailedError(f"{path}: has hash {found[:16]}…, expected {sha256[:16]}…; bring it again")
        if trusted.exists():
            check_signature(path, trusted)
        with tarfile.open(path) as archive:
            manifest = json.loads(_member(archive, "manifest.json"))
            own = {wheel["file"]: _checked(archive, wheel) for wheel in manifest["wheels"] if wheel["own"]}
        return cls(manifest, own)

    @property
    def shared(self) -> list[Mapping[str, str]]:
        """Third-party wheels: name, version, file, sha256."""
        return [wheel for wheel in self.manifest["wheels"] if not wheel["own"]]


def manifest_in(path: Path) -> dict[str, Any]:
    """The manifest of an artifact on this host, unchecked: good for knowing what it refers to, not for installing.

    Raises StepFailedError when the file is damaged.
    """
    try:
        with tarfile.open(path) as archive:
            return dict(json.loads(_member(archive, "manifest.json")))
    except (tarfile.TarError, ValueError) as error:
        raise StepFailedError(f"{path}: cannot be read ({error}); bring it again") from None


def environment_of(manifest: Mapping[str, Any]) -> str:
    """Name of the set of third-party wheels of a release; releases with the same set share it."""
    parts = [str(manifest["python"]), *(wheel["sha256"] for wheel in manifest["wheels"] if not wheel["own"])]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    try:
        file = archive.extractfile(name)
    except KeyError:
        file = None
    if file is None:
        raise StepFailedError(f"{archive.name!s}: lacks {name}; build it again")
    return file.read()


def _checked(archive: tarfile.TarFile, wheel: Mapping[str, str]) -> bytes:
    # The name comes from the manifest and becomes a file name here; a path would leave the release's folder.
    if Path(wheel["file"]).name != wheel["file"]:
        raise StepFailedError(f"{archive.name!s}: wheel name {wheel['file']!r} is a path; build it again")
    content = _member(archive, f"wheels/{wheel['file']}")
    if hashlib.sha256(content).hexdigest() != wheel["sha256"]:
        raise StepFailedError(f"{archive.name!s}: {wheel['file']} does not match its hash; build it again")
    return content
