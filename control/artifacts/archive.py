"""The artifact file: a plain tar of manifest, bill of materials and our own wheels; same content, same bytes."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from control.files import replace

MANIFEST = "manifest.json"
SBOM = "sbom.cdx.json"


def write(path: Path, manifest: Mapping[str, Any], sbom: Mapping[str, Any], wheels: Mapping[str, Path]) -> None:
    """Write `path` at once: a reader sees the whole archive or none."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, document in ((MANIFEST, manifest), (SBOM, sbom)):
            _add(archive, name, (json.dumps(document, indent=2, sort_keys=True) + "\n").encode())
        for name in sorted(wheels):
            _add(archive, f"wheels/{name}", wheels[name].read_bytes())
    replace(path, content.getvalue())


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    entry.mode = 0o644
    archive.addfile(entry, io.BytesIO(content))


def read_manifest(path: Path) -> dict[str, Any] | None:
    """The manifest inside an artifact, or None when there is no such file or it is no artifact."""
    try:
        with tarfile.open(path) as archive:
            member = archive.extractfile(MANIFEST)
            return None if member is None else dict(json.load(member))
    except (FileNotFoundError, tarfile.TarError, KeyError, json.JSONDecodeError):
        return None


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
