"""Applications that are no package: their folder travels as it is, inside a wheel, and becomes the release's `app/`."""

from __future__ import annotations

import base64
import hashlib
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

# What people keep beside an application and no release needs.
_LEFT_OUT = {"tests", "build", "dist", "venv", "env", "node_modules", "longhouse.lock"}
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Tree:
    """A folder with a requirements.txt, or with a pyproject.toml that has no [build-system] and so builds nothing."""

    folder: Path

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """The `[project]` table, if there is one."""
        path = self.folder / "pyproject.toml"
        return dict(tomllib.loads(path.read_text(encoding="utf-8")).get("project", {})) if path.exists() else {}

    @property
    def name(self) -> str:
        """Not the application's own name: that may be the name of something it needs."""
        return f"{canonicalize_name(self.folder.resolve().name)}-tree"

    @property
    def version(self) -> str:
        return str(self.metadata.get("version", "0"))

    @property
    def requirements(self) -> list[str]:
        """Everything its lock pins is needed (see foreign.py)."""
        return []

    @property
    def commands(self) -> list[str]:
        return []

    @cached_property
    def digest(self) -> str:
        """SHA-256 over names, modes and bytes of all files that travel."""
        total = hashlib.sha256()
        for path in self.files():
            total.update(f"{path.relative_to(self.folder)}\0{path.stat().st_mode & 0o100:o}\0".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
        return total.hexdigest()

    def files(self) -> list[Path]:
        """What travels, sorted; hidden files (`.env` above all), caches and tests stay at home."""
        return sorted(self._files())

    def _files(self) -> Iterator[Path]:
        for path in self.folder.rglob("*"):
            parts = path.relative_to(self.folder).parts
            hidden = any(part.startswith((".", "__pycache__")) or part.endswith(".egg-info") for part in parts)
            if path.is_file() and not hidden and parts[0] not in _LEFT_OUT:
                yield path


def pack(tree: Tree, destination: Path) -> Path:
    """Write the wheel into `destination`: the same bytes from the same files, whoever packs them."""
    stem = f"{tree.name.replace('-', '_')}-{tree.version}"
    content = {f"{stem}.data/data/app/{file.relative_to(tree.folder)}": file.read_bytes() for file in tree.files()}
    # The interpreter of the environment finds the folder whatever it runs: gunicorn, Celery, a migration.
    content[f"{tree.name.replace('-', '_')}.pth"] = b"../../../app\n"
    headers = f"Metadata-Version: 2.1\nName: {tree.name}\nVersion: {tree.version}\n"
    content[f"{stem}.dist-info/METADATA"] = headers.encode()
    tag = "Wheel-Version: 1.0\nGenerator: longhouse\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    content[f"{stem}.dist-info/WHEEL"] = tag.encode()
    record = f"{stem}.dist-info/RECORD"
    rows = [*(f"{name},sha256={_hash(data)},{len(data)}" for name, data in sorted(content.items())), f"{record},,"]
    content[record] = ("\n".join(rows) + "\n").encode()
    path = destination / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name in sorted(content):
            entry = zipfile.ZipInfo(name, _ZIP_EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            wheel.writestr(entry, content[name])
    return path


def _hash(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
