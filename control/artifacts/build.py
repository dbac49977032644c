"""Build artifacts: find the sources, name the version by their content, and make only what is not there yet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from control.artifacts import archive, sbom
from control.artifacts.dependencies import WheelStore, closure
from control.artifacts.foreign import SERVER, application, lock_of
from control.artifacts.lock import Lock
from control.artifacts.migrations import chain
from control.artifacts.model import Artifact, BuildError, Progress, Target, Wheel
from control.artifacts.own_wheels import OwnWheels
from control.artifacts.projects import Origin, Project, Workspace
from control.artifacts.signature import key_files, sign_all
from control.artifacts.trees import Tree

# Raised when the same sources must become a different artifact.
FORMAT = 3
SERVICES = Path("services")
CHASSIS = "chassis"

Member = Project | Tree


def build(
    service_names: Sequence[str],
    *,
    root: Path,
    dist_dir: Path,
    progress: Progress = lambda line: None,
    catalogue: Path | None = None,
    target: Target | None = None,
    only_committed: str = "",
) -> list[Artifact]:
    """Artifacts of the named services (of all entries that are not retired when none is named), in that order.

    `dist_dir` receives `<service>-<version>.tar`, its signatures and `wheels/`. Nothing is built twice.
    `only_committed` names an environment that takes nothing from a dirty tree.
    :raises BuildError: one line with file, reason and fix; what was complete before stays usable.
    """
    workshop = Workshop(root, dist_dir, progress, target or Target(), only_committed)
    entries = _entries(catalogue or root / SERVICES / "catalogue.yml", service_names)
    dist_dir.mkdir(parents=True, exist_ok=True)
    artifacts = [workshop.make(entry) for entry in entries]
    sign_all((artifact.path for artifact in artifacts), key_files())
    return artifacts


def _entries(catalogue: Path, names: Sequence[str]) -> list[Mapping[str, Any]]:
    listed = yaml.safe_load(catalogue.read_text(encoding="utf-8"))["catalogue_services"]
    entries = {entry["name"]: entry for entry in listed}
    unknown = [name for name in names if name not in entries]
    if unknown:
        raise BuildError(f"{catalogue}: no service named {', '.join(unknown)}; known: {', '.join(sorted(entries))}")
    return [entries[name] for name in names] or [entry for entry in listed if entry.get("state") != "retired"]


@dataclass(frozen=True)
class Workshop:
    """One build run: the sources below `root`, the results below `dist`."""

    root: Path
    dist: Path
    progress: Progress
    target: Target
    only_committed: str = ""

    @cached_property
    def workspace(self) -> Workspace:
        return Workspace(self.root / SERVICES)

    @cached_property
    def store(self) -> WheelStore:
        return WheelStore(self.dist / "wheels", self.target, self.progress)

    def make(self, entry: Mapping[str, Any]) -> Artifact:
        """The artifact of one catalogue entry, new or as it already stands in `dist`."""
        project, family, lock, shared = self._gather(entry)
        content = {
            "format": FORMAT,
            "service": entry["name"],
            "python": self.target.python,
            "architecture": self.target.architecture,
            "sources": {member.name: member.digest for member in family},
            "shared": [wheel.sha256 for wheel in shared],
            "migrate": entry.get("migrate", ""),
            "setup": entry.get("setup", []),
        }
        origin = Origin.of(self.root, [*(member.folder for member in family), lock.path])
        version = f"{project.version}-{_digest(content)[:10]}{'.dirty' if origin.dirty else ''}"
        if self.only_committed and origin.dirty:
            raise BuildError(
                f"{entry['name']} {version}: its sources are not committed, and {self.only_committed} takes only what "
                "history vouches for; commit, then deploy again"
            )
        path = self.dist / f"{entry['name']}-{version}.tar"
        manifest = archive.read_manifest(path)
        # The same content may have been built before it was committed; then only its papers are renewed.
        fresh = manifest is None or (manifest["commit"], manifest["dirty"]) != (origin.commit, origin.dirty)
        if manifest is None or fresh:
            manifest = self._write(
                path, {**content, **self._plan(entry), "version": version, "lock": lock.digest, **vars(origin)},
                family, shared,
            )  # fmt: skip
        return Artifact(
            service=entry["name"], version=version, path=path, sha256=archive.sha256(path), commit=origin.commit,
            dirty=origin.dirty, wheels=tuple(Wheel(**wheel) for wheel in manifest["wheels"]), built=fresh,
        )  # fmt: skip

    def _gather(self, entry: Mapping[str, Any]) -> tuple[Member, list[Member], Lock, list[Wheel]]:
        """The service, all own distributions it is made of, its lock, and the third-party wheels it needs."""
        folder = self.root / entry["path"]
        if not folder.is_dir():
            raise BuildError(f"services/catalogue.yml: service '{entry['name']}': path: there is no {entry['path']}")
        if (entry.get("web") or {}).get("interface", CHASSIS) == CHASSIS:
            project = Project(folder)
            family = self.workspace.family(project)
            self._refuse_mistaken(entry, family)
            lock = self._lock(project)
            needed = closure(self.workspace.foreign(family), self.store.locked(lock), self.target, project.name)
            return project, [*family], lock, needed
        return self._gather_foreign(folder)

    def _plan(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """The migrations by revision; applications of others keep theirs in ways of their own."""
        own = (entry.get("web") or {}).get("interface", CHASSIS) == CHASSIS
        return {"migrations": chain(self.root / entry["path"])} if own and entry.get("migrate") else {}

    def _refuse_mistaken(self, entry: Mapping[str, Any], family: list[Project]) -> None:
        """Without the chassis nothing would answer for the release, and it would be taken back after a minute."""
        if CHASSIS in self.workspace.projects and all(member.name != CHASSIS for member in family):
            raise BuildError(
                f"services/catalogue.yml: service '{entry['name']}': web.interface: {entry['path']} does not depend on "
                "chassis; write `web: {interface: asgi}`, or wsgi"
            )

    def _gather_foreign(self, folder: Path) -> tuple[Member, list[Member], Lock, list[Wheel]]:
        """An application of somebody else, with the host's server beside it."""
        project, server = application(folder), self.workspace.projects[SERVER]
        lock = lock_of(folder, server.folder, self.root / SERVICES / "requirements.txt", self.target, self.progress)
        own = self.store.locked(lock)
        if isinstance(project, Tree):
            family, asked = [server], [f"{item.wheel.name}=={item.wheel.version}" for item in own.values()]
        else:
            family, asked = self.workspace.family(project), []
            family += [server] if server not in family else []
        asked += self.workspace.foreign(family)
        # A lock that the application brought may lack what the host runs it on: that comes from ours.
        ours = self.store.locked(Lock(self.root / SERVICES / "requirements.txt", self.target))
        members: list[Member] = [project, *family] if isinstance(project, Tree) else [*family]
        return project, members, lock, closure(asked, {**ours, **own}, self.target, project.name)

    def _lock(self, project: Project) -> Lock:
        """A service may bring a lock of its own; ours share one, so that they share wheels."""
        own = project.folder / "requirements.txt"
        return Lock(own if own.exists() else self.root / SERVICES / "requirements.txt", self.target)

    def _write(self, path: Path, facts: Mapping[str, Any], family: list[Member], shared: list[Wheel]) -> dict[str, Any]:
        self.progress(f"packing {path.name}")
        makers = OwnWheels(self.dist / "own", self.progress)
        own = [makers.of(member) for member in family]
        manifest = {
            **{key: value for key, value in facts.items() if key not in {"sources", "shared"}},
            "commands": sorted({command for member in family for command in member.commands}),
            "wheels": [vars(wheel) for wheel in sorted([*(wheel for wheel, _ in own), *shared])],
        }
        archive.write(path, manifest, sbom.document(manifest), {wheel.file: file for wheel, file in own})
        return manifest


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
