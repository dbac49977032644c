"""A small workspace that builds without any package index: its backend is in the tree, its wheels are made here."""

from __future__ import annotations

import hashlib
import subprocess
import zipfile
from pathlib import Path

import pytest

from control import layout
from control.artifacts import Artifact, build

BACKEND = '''
import base64, hashlib, os, pathlib, time, tomllib, zipfile


def build_wheel(folder, config_settings=None, metadata_directory=None):
    """A careless backend: it keeps file times, modes and an order that depends on the day."""
    project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]
    name = f"{project['name'].replace('-', '_')}-{project['version']}"
    files = {str(path.relative_to("src")): path.read_bytes() for path in pathlib.Path("src").rglob("*.py")}
    headers = ["Metadata-Version: 2.1", f"Name: {project['name']}", f"Version: {project['version']}", ""]
    files[f"{name}.dist-info/METADATA"] = "\\n".join(headers).encode()
    files[f"{name}.dist-info/WHEEL"] = b"Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    with zipfile.ZipFile(os.path.join(folder, f"{name}-py3-none-any.whl"), "w") as wheel:
        for path in sorted(files, reverse=time.time_ns() % 2 == 0):
            wheel.writestr(zipfile.ZipInfo(path, time.localtime()[:6]), files[path])
    return f"{name}-py3-none-any.whl"
'''


def wheel(folder: Path, name: str, requires: tuple[str, ...] = ()) -> str:
    """A third-party wheel, version 1; returns its hash."""
    path = folder / f"{name}-1-py3-none-any.whl"
    needs = "".join(f"Requires-Dist: {need}\n" for need in requires)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}-1.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n{needs}")
        archive.writestr(f"{name}-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{name}-1.dist-info/RECORD", "")
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Workspace:
    """Services `order` and `user` on one shared library; `order` needs tools that `user` does not."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.dist = root / "dist"
        self.index = root / "index"
        self.index.mkdir(parents=True)
        self.project("library", ["alpha[extra]"])
        self.project("order-service", ["library", "beta"])
        self.project("user-service", ["library"])
        self.lock(
            alpha=('gamma; extra == "extra"', 'absent; python_version < "3.12"'), beta=(), gamma=(), unused=()
        )  # fmt: skip
        (root / "services/catalogue.yml").write_text(
            "catalogue_services:\n"
            "  - {name: order, path: services/order-service, migrate: order-migrate}\n"
            "  - {name: user, path: services/user-service}\n"
            "  - {name: gone, path: services/gone, state: retired}\n"
        )

    def project(self, name: str, requires: list[str]) -> None:
        folder = self.root / "services" / name
        package = folder / "src" / name.replace("-", "_")
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("")
        (folder / "backend.py").write_text(BACKEND)
        (folder / "pyproject.toml").write_text(
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
            f'[project]\nname = "{name}"\nversion = "0.1.0"\ndependencies = {requires!r}\n'
            f'[project.scripts]\n"{name}-run" = "x:y"\n'
        )

    def lock(self, **wheels: tuple[str, ...]) -> None:
        lines = [
            f"{name}==1 \\\n    --hash=sha256:{wheel(self.index, name, needs)}\n" for name, needs in wheels.items()
        ]
        (self.root / "services/requirements.txt").write_text(
            "".join(lines) + "absent==1 ; python_full_version < '3.12' \\\n    --hash=sha256:" + "0" * 64 + "\n"
        )

    def build(self, *names: str, dist: Path | None = None, only_committed: str = "") -> dict[str, Artifact]:
        found = build(names, root=self.root, dist_dir=dist or self.dist, only_committed=only_committed)
        return {artifact.service: artifact for artifact in found}

    def git(self, *words: str) -> str:
        identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
        return subprocess.run(
            ["git", *identity, "-C", str(self.root), *words], capture_output=True, text=True, check=True
        ).stdout

    def commit(self) -> str:
        if not (self.root / ".git").exists():
            self.git("init", "--quiet")
            (self.root / ".gitignore").write_text("dist/\nindex/\n")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Change")
        return self.git("rev-parse", "HEAD").strip()


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The workspace, and pip reading its folder of wheels alone."""
    found = Workspace(tmp_path)
    monkeypatch.setattr(layout, "STATE", tmp_path / ".longhouse")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(found.index))
    monkeypatch.setenv("UV_OFFLINE", "1")
    return found
