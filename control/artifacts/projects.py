"""Our own distributions: where they are, what they need, and a hash of everything that ends up in their wheels."""

from __future__ import annotations

import hashlib
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from control.artifacts.model import BuildError

# These never reach a wheel, so they must not make a new version either.
_LEFT_OUT_AT_THE_TOP = {"tests", "build", "dist"}


@dataclass(frozen=True)
class Project:
    """A folder with a pyproject.toml that becomes one wheel."""

    folder: Path

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """The `[project]` table."""
        path = self.folder / "pyproject.toml"
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
            table["name"], table["version"]
        except FileNotFoundError:
            raise BuildError(f"{path}: missing; a service needs one with [project] name and version") from None
        except tomllib.TOMLDecodeError as error:
            raise BuildError(f"{path}: not TOML: {error}") from None
        except KeyError as error:
            raise BuildError(f"{path}: [project] lacks {error}; write name and version as plain text") from None
        return dict(table)

    @property
    def name(self) -> str:
        return str(canonicalize_name(self.metadata["name"]))

    @property
    def version(self) -> str:
        return str(self.metadata["version"])

    @property
    def requirements(self) -> list[str]:
        return list(self.metadata.get("dependencies", []))

    @property
    def commands(self) -> list[str]:
        """Console scripts its wheel brings."""
        return sorted(self.metadata.get("scripts", {}))

    @property
    def sound(self) -> bool:
        """Whether others can be made of it; a service that is not is told so when it is its turn."""
        try:
            return bool(self.metadata)
        except BuildError:
            return False

    @cached_property
    def digest(self) -> str:
        """SHA-256 over names, modes and bytes of all files that can reach the wheel."""
        total = hashlib.sha256()
        for path in sorted(self._files()):
            total.update(f"{path.relative_to(self.folder)}\0{path.stat().st_mode & 0o100:o}\0".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
        return total.hexdigest()

    def _files(self) -> Iterator[Path]:
        for path in self.folder.rglob("*"):
            parts = path.relative_to(self.folder).parts
            made_by_tools = any(part.startswith((".", "__pycache__")) or part.endswith(".egg-info") for part in parts)
            if path.is_file() and not made_by_tools and parts[0] not in _LEFT_OUT_AT_THE_TOP:
                yield path


class Workspace:
    """All own distributions beside each other in one folder, found by their distribution names."""

    def __init__(self, folder: Path) -> None:
        self.projects = {project.name: project for project in map(Project, _project_folders(folder)) if project.sound}

    def family(self, project: Project) -> list[Project]:
        """`project` and every own distribution it leads to, sorted by name."""
        found: dict[str, Project] = {}
        queue = [project]
        while queue:
            current = queue.pop()
            if current.name not in found:
                found[current.name] = current
                queue += [self.projects[name] for name in self._own(current)]
        return sorted(found.values(), key=lambda member: member.name)

    def foreign(self, family: list[Project]) -> list[str]:
        """Requirements of `family` that only the lock can meet."""
        return [text for member in family for text in member.requirements if _required(text) not in self.projects]

    def _own(self, project: Project) -> list[str]:
        return [name for name in map(_required, project.requirements) if name in self.projects]


def _project_folders(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob("*/pyproject.toml"))


def _required(text: str) -> str:
    return str(canonicalize_name(Requirement(text).name))


@dataclass(frozen=True)
class Origin:
    """Where sources stand in history: the last commit that touched them, and whether they differ from it."""

    commit: str
    dirty: bool

    @classmethod
    def of(cls, root: Path, folders: list[Path]) -> Origin:
        """Outside a repository everything is dirty: nothing vouches for it."""
        paths = [str(folder) for folder in folders]
        commit = _git(root, "log", "-1", "--format=%H", "--", *paths)
        changes = _git(root, "status", "--porcelain", "--untracked-files=all", "--", *paths)
        return cls(commit.strip() if commit else "", not commit or changes != "")


def _git(root: Path, *words: str) -> str | None:
    try:
        result = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return result.stdout if result.returncode == 0 else None
