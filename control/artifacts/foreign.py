"""Applications that are not ours: what they are packed from, and the lock of everything they need.

A requirements.txt whose every line has a hash is the lock. Otherwise `longhouse.lock` beside it is: resolved once from
requirements.txt or pyproject.toml together with what the host runs applications on, meant to be committed, and made
anew only when these files change.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from control.artifacts.lock import Lock
from control.artifacts.model import BuildError, Progress, Target
from control.artifacts.projects import Project
from control.artifacts.trees import Tree
from control.files import replace

SERVER = "longhouse-server"
LOCK = "longhouse.lock"
_INCLUDE = re.compile(r"^\s*(?:-r|--requirement|-c|--constraint)[\s=]+(\S+)")
_MADE_FROM = "# Made by ./longhouse build from requirements with SHA-256 "


def application(folder: Path) -> Project | Tree:
    """A package when pyproject.toml says how to build it, else the folder as it stands.

    :raises BuildError: there is neither a requirements.txt nor a pyproject.toml with a [project] table.
    """
    pyproject, requirements = folder / "pyproject.toml", folder / "requirements.txt"
    try:
        table = tomllib.loads(pyproject.read_text(encoding="utf-8")) if pyproject.exists() else {}
    except tomllib.TOMLDecodeError as error:
        raise BuildError(f"{pyproject}: not TOML: {error}") from None
    if "project" in table and "build-system" in table:
        return Project(folder)
    if "project" not in table and not requirements.exists():
        fix = "write what it needs into requirements.txt, or into [project] of pyproject.toml"
        raise BuildError(f"{folder}: says nowhere what it needs; {fix}")
    return Tree(folder)


def lock_of(folder: Path, server: Path, preferred: Path, target: Target, progress: Progress) -> Lock:
    """The application's own lock, or `longhouse.lock`, made or renewed when its sources ask for it.

    `server` is the folder of longhouse-server, `preferred` a lock whose versions are taken where nothing speaks
    against them, so that services share wheels.
    """
    requirements = folder / "requirements.txt"
    if requirements.exists() and _hashed(requirements):
        return Lock(requirements, target)
    source = requirements if requirements.exists() else folder / "pyproject.toml"
    lock = folder / LOCK
    mark = _MADE_FROM + _digest([*_sources(source), server / "pyproject.toml"])
    if not lock.exists() or lock.read_text(encoding="utf-8").partition("\n")[0] != mark:
        _refuse_unlockable(source)
        progress(f"locking what {folder.name} needs into {LOCK}: commit it")
        text = _resolved(source, server, lock if lock.exists() else preferred, target)
        replace(lock, f"{mark}\n{text}")
    return Lock(lock, target)


def _hashed(requirements: Path) -> bool:
    lines = requirements.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    pins = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return bool(pins) and all("--hash=" in pin for pin in pins)


def _sources(source: Path) -> Iterator[Path]:
    """`source` and the files that it includes."""
    yield source
    if source.suffix == ".txt":
        for line in source.read_text(encoding="utf-8").splitlines():
            if found := _INCLUDE.match(line):
                included = source.parent / found[1]
                if not included.exists():
                    raise BuildError(f"{source}: includes {found[1]}, which is not there; remove the line or add it")
                yield from _sources(included)


def _refuse_unlockable(source: Path) -> None:
    """What has no published wheel cannot be pinned by hash, and a host installs nothing else."""
    for path in _sources(source):
        if path.suffix != ".txt":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            text = re.sub(r"(^|\s)#.*", "", line).strip()
            if not text or text.startswith(("-r", "-c", "--requirement", "--constraint", "--hash")):
                continue
            problem = _unlockable(text)
            if problem:
                raise BuildError(f"{path}: line {number}: {text!r} {problem}")


def _unlockable(text: str) -> str:
    if text.startswith("-"):
        return "is an option that a release cannot keep; remove it, releases are made of published wheels"
    try:
        named = Requirement(text.split(" --", maxsplit=1)[0].rstrip("\\ "))
    except InvalidRequirement:
        return "names no published distribution; write NAME==VERSION"
    return "is fetched from an address, which no hash can hold to; write NAME==VERSION of a wheel" if named.url else ""


def _resolved(source: Path, server: Path, preferred: Path, target: Target) -> str:
    """Pins with hashes. The resolver prefers what its output file says already, so it starts with `preferred`."""
    scratch = source.parent / f".longhouse-lock-{os.getpid()}.txt"
    try:
        scratch.write_text(preferred.read_text(encoding="utf-8") if preferred.exists() else "", encoding="utf-8")
        result = subprocess.run(
            [str(Path(sys.executable).with_name("uv")), "pip", "compile", "--quiet", "--universal", "--generate-hashes",
             "--python-version", target.python, "--only-binary", ":all:", "--no-header", "--no-annotate",
             "--no-emit-index-url", "--no-emit-find-links", "--output-file", str(scratch),
             str(source), str(server / "pyproject.toml")],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if result.returncode:
            raise BuildError(
                f"{source}: cannot be locked for Python {target.python}:\n{result.stderr.strip()[-1500:]}\n"
                "Mend it, or bring a requirements.txt whose lines have hashes."
            )
        return scratch.read_text(encoding="utf-8")
    finally:
        scratch.unlink(missing_ok=True)


def _digest(paths: list[Path]) -> str:
    total = hashlib.sha256()
    for path in paths:
        total.update(path.read_bytes() + b"\0")
    return total.hexdigest()
