"""The Software port: virtual environments made offline from wheels whose hashes are known.

The third-party part of a release is installed and compiled once per set of wheels; a release is a copy of it by hard
links plus our own wheels. A new release of the same set costs under a second, no disk and no memory for a second copy.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import threading
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lhctl import leftovers
from lhctl.artifact import Artifact, environment_of
from lhctl.desired import Installer, Wanted
from lhctl.errors import StepFailedError
from lhctl.layout import Layout
from lhctl.state import replace

PYTHON = "/usr/bin/python3"
_QUIET = {"UV_NO_CONFIG": "1", "UV_OFFLINE": "1", "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}


class ReleaseStore:
    """Implements lhctl.ports.Software."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._making: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._pruning = threading.Lock()

    def provide_installer(self, installer: Installer) -> bool:
        """Take the static `uv` binary out of its wheel, which is the only form hosts get it in."""
        mark = self.layout.installer.with_name("uv.sha256")
        if mark.exists() and mark.read_text() == installer.sha256 and self.layout.installer.exists():
            return False
        wheel = self.layout.wheels / installer.file
        if hashlib.sha256(wheel.read_bytes()).hexdigest() != installer.sha256:
            raise StepFailedError(f"{wheel}: does not match its hash; run the services playbook, it brings it again")
        self.layout.installer.parent.mkdir(parents=True, exist_ok=True)
        scratch = self.layout.installer.with_name(".uv.new")
        with zipfile.ZipFile(wheel) as archive:
            member = next(name for name in archive.namelist() if name.endswith(".data/scripts/uv"))
            scratch.write_bytes(archive.read(member))
        scratch.chmod(0o755)
        scratch.replace(self.layout.installer)
        replace(mark, installer.sha256)
        return True

    def install(self, wanted: Wanted) -> bool:
        places = self.layout.service(wanted.name)
        release = places.release(wanted.version)
        # The manifest comes with the final rename, so its presence says that all of it is there.
        if (release / "manifest.json").exists():
            return False
        artifact = Artifact.read(self.layout.artifacts / wanted.artifact, wanted.sha256, self.layout.trusted_key)
        if (artifact.manifest["service"], artifact.manifest["version"]) != (wanted.name, wanted.version):
            raise StepFailedError(
                f"{wanted.artifact}: is {artifact.manifest['service']} {artifact.manifest['version']}"
            )
        base = self._environment(artifact)
        scratch = release.with_name(f".{release.name}.new")
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        self._assemble(scratch, base, artifact)
        scratch.rename(release)
        return True

    def _assemble(self, folder: Path, base: Path, artifact: Artifact) -> None:
        _run(["cp", "-a", "--link", str(base), str(folder / "venv")])
        python = folder / "venv/bin/python"
        with tempfile.TemporaryDirectory(dir=folder, prefix=".wheels-") as place:
            for name, content in artifact.own.items():
                Path(place, name).write_bytes(content)
            own = [wheel for wheel in artifact.manifest["wheels"] if wheel["own"]]
            self._install(python, Path(place), [*own])
            _run([str(python), "-m", "compileall", "-q", *_packages(python, artifact.own)])
        replace(folder / "release.env", f"RELEASE={artifact.manifest['version']}\n")
        replace(folder / "manifest.json", json.dumps(artifact.manifest, indent=2, sort_keys=True) + "\n")

    def _environment(self, artifact: Artifact) -> Path:
        """The installed set of third-party wheels; three services that need the same one wait for one installation."""
        name = environment_of(artifact.manifest)
        with self._making[name]:
            finished = self.layout.environments / name
            if finished.exists():
                return finished
            scratch = finished.with_name(f".{name}.new")
            shutil.rmtree(scratch, ignore_errors=True)
            self.layout.environments.mkdir(parents=True, exist_ok=True)
            # Relocatable: scripts find their interpreter beside them, so the folder may be renamed and copied.
            _run([str(self.layout.installer), "venv", "--quiet", "--relocatable", "--python", PYTHON, str(scratch)])
            self._install(scratch / "bin/python", self.layout.wheels, artifact.shared)
            python = scratch / "bin/python"
            # The service cannot write here later; other people's tests are never imported.
            _run([str(python), "-m", "compileall", "-q", "-j", "0", "-x", "/tests?/", str(_site(python))])
            scratch.rename(finished)
            return finished

    def _install(self, python: Path, wheels: Path, wanted: Sequence[Mapping[str, Any]]) -> None:
        lines = [
            f"{wheel['name']} @ file://{wheels}/{wheel['file']} --hash=sha256:{wheel['sha256']}" for wheel in wanted
        ]
        with tempfile.TemporaryDirectory(dir=python.parents[1], prefix=".install-") as scratch:
            listing = Path(scratch, "requirements.txt")
            listing.write_text("\n".join(lines), encoding="utf-8")
            # A cache of its own on the same disk: files move by hard link and nothing is left behind.
            _run([
                str(self.layout.installer), "pip", "install", "--quiet", "--python", str(python), "--no-index",
                "--no-deps", "--require-hashes", "--link-mode", "hardlink", "--cache-dir", str(Path(scratch, "cache")),
                "--requirement", str(listing),
            ])  # fmt: skip
        # uv leaves its lock behind, writable by everybody.
        (python.parents[1] / ".lock").unlink(missing_ok=True)

    def prune(self, service: str, keep: Sequence[str]) -> list[str]:
        places = self.layout.service(service)
        gone = [path for path in places.releases.glob("*") if path.name not in keep and path.name[0] != "."]
        for path in gone:
            shutil.rmtree(path)
        leftovers.remove_scratch(places.releases)
        with self._pruning:
            self._prune_environments()
            leftovers.remove(self.layout)
        return sorted(path.name for path in gone)

    def _prune_environments(self) -> None:
        """A set of wheels stays while a release on this host has it, or while this run made or used it."""
        manifests = self.layout.software.glob("*/releases/[!.]*/manifest.json")
        used = {environment_of(json.loads(path.read_text(encoding="utf-8"))) for path in manifests}
        for path in self.layout.environments.glob("[!.]*"):
            if path.name not in used and path.name not in self._making:
                shutil.rmtree(path)


def _site(python: Path) -> Path:
    return next(python.parents[1].glob("lib/python*/site-packages"))


def _packages(python: Path, own: Mapping[str, bytes]) -> list[str]:
    """Installed top-level packages of our own wheels."""
    names = {name.partition("-")[0] for name in own}
    found = set()
    for record in _site(python).glob("*.dist-info/RECORD"):
        if record.parent.name.partition("-")[0] in names:
            found |= {_top(line) for line in record.read_text().splitlines() if line.split(",")[0].endswith(".py")}
    return [str(_site(python) / name) for name in sorted(found)]


def _top(line: str) -> str:
    """The folder to compile of a file that RECORD lists; applications that are no package lie beside `lib`."""
    parts = line.split(",", maxsplit=1)[0].split("/")
    return "/".join(parts[: parts.count("..") + 1])


def _run(command: Sequence[str]) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **_QUIET})
    if result.returncode:
        lines = (result.stderr or result.stdout).strip().splitlines()[-15:]
        raise StepFailedError(f"{Path(command[0]).name} failed with status {result.returncode}", log=lines)
