"""Wheels of our own distributions, the same bytes from the same sources on any machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from control.artifacts.dependencies import describe
from control.artifacts.model import BuildError, Progress, Wheel
from control.artifacts.projects import Project
from control.artifacts.trees import Tree, pack

# Zip cannot say anything earlier, and nobody takes it for a real time.
EPOCH = 315532800
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
BUILD_LOCK = Path(__file__).with_name("build-requirements.txt")


class OwnWheels:
    """`dist/own/<name>-<hash>/`: each distribution is built once per content, also when three services share it."""

    def __init__(self, folder: Path, progress: Progress) -> None:
        self.folder = folder
        self.progress = progress

    def of(self, project: Project | Tree) -> tuple[Wheel, Path]:
        """The wheel of `project` and its file."""
        place = self.folder / f"{project.name}-{project.digest[:16]}"
        if not place.exists():
            self._build(project, place)
        path = next(place.glob("*.whl"))
        return describe(path, own=True), path

    def _build(self, project: Project | Tree, place: Path) -> None:
        self.progress(f"building {project.name} {project.version}")
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=".build-") as scratch:
            raw, clean = Path(scratch, "raw"), Path(scratch, "clean")
            clean.mkdir()
            if isinstance(project, Tree):
                pack(project, clean)
            else:
                _build_package(project, raw, clean)
            clean.chmod(0o755)
            try:
                clean.rename(place)
            except OSError:  # somebody else built the same bytes at the same time
                if not place.exists():
                    raise


def _build_package(project: Project, raw: Path, clean: Path) -> None:
    _run_backend(project, raw)
    wheel = next(raw.glob("*.whl"))
    if not wheel.name.endswith("-none-any.whl"):
        raise BuildError(f"{project.folder}: builds {wheel.name}, which runs on this machine's kind only; "
                         "publish compiled parts as a package of their own and lock it")  # fmt: skip
    _rewrite(wheel, clean / wheel.name)


def _run_backend(project: Project, destination: Path) -> None:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH), "PYTHONHASHSEED": "0"}
    result = subprocess.run(
        [_uv(), "build", "--quiet", "--wheel", "--no-create-gitignore", "--out-dir", str(destination),
         "--require-hashes", "--build-constraints", str(BUILD_LOCK), "--python", sys.executable, str(project.folder)],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip
    if result.returncode:
        raise BuildError(f"{project.folder}: its wheel could not be built:\n{result.stderr.strip()[-2000:]}")


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        raise BuildError("uv: not found; ./longhouse installs it into .venv, run the build through ./longhouse")
    return found


def _rewrite(source: Path, destination: Path) -> None:
    """Copy a wheel with its entries sorted, undated and with plain modes: backends and umasks differ in these."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(destination, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in sorted(old.infolist(), key=lambda item: item.filename):
            plain = zipfile.ZipInfo(entry.filename, _ZIP_EPOCH)
            plain.compress_type = zipfile.ZIP_DEFLATED
            plain.create_system = 3
            executable = (entry.external_attr >> 16) & 0o100
            plain.external_attr = (0o100755 if executable else 0o100644) << 16
            new.writestr(plain, old.read(entry))
