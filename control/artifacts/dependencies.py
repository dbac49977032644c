"""Third-party wheels: fetched once into a shared folder, checked against the lock, picked by what a service needs."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from control.artifacts.lock import Lock
from control.artifacts.model import BuildError, Progress, Target, Wheel
from control.files import replace

DOWNLOADERS = max(2, os.cpu_count() or 2)


@dataclass(frozen=True)
class Locked:
    """A fetched wheel and the requirements its own metadata states."""

    wheel: Wheel
    requires: tuple[str, ...]


class WheelStore:
    """`dist/wheels/`: one file per wheel under its own name, and one index per lock and target."""

    def __init__(self, folder: Path, target: Target, progress: Progress) -> None:
        self.folder = folder
        self.target = target
        self.progress = progress

    def locked(self, lock: Lock) -> dict[str, Locked]:
        """Canonical name -> wheel for everything `lock` pins on the target; downloads what is not there yet."""
        index = self.folder / f"index-{lock.digest[:16]}-{self.target.python}-{self.target.architecture}.json"
        known = self._read(index)
        if known is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            known = self._fetch(lock)
            entries = {name: [vars(item.wheel), item.requires] for name, item in known.items()}
            replace(index, json.dumps(entries, sort_keys=True, indent=1))
        return known

    def _read(self, index: Path) -> dict[str, Locked] | None:
        if not index.exists():
            return None
        entries = json.loads(index.read_text(encoding="utf-8"))
        known = {name: Locked(Wheel(**wheel), tuple(requires)) for name, (wheel, requires) in entries.items()}
        # A person may have emptied the folder to save space; the index alone is not enough then.
        return known if all((self.folder / item.wheel.file).exists() for item in known.values()) else None

    def _fetch(self, lock: Lock) -> dict[str, Locked]:
        self.progress(f"fetching {len(lock.pins)} wheels for Python {self.target.python} on {self.target.architecture}")
        # On the same file system as the store, so that a wheel appears there whole or not at all.
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=".fetch-") as scratch:
            _download_all([pin.line for pin in lock.pins.values()], Path(scratch), self.target, lock.path)
            found: dict[str, Locked] = {}
            for path in sorted(Path(scratch).glob("*.whl")):
                wheel = describe(path)
                found[wheel.name] = Locked(wheel, _requirements(path))
                os.replace(path, self.folder / path.name)
        return found


def _download_all(pins: list[str], folder: Path, target: Target, lock: Path) -> None:
    # pip spends its time reading index pages, on one core; several of them share the pins.
    parts = [pins[start::DOWNLOADERS] for start in range(min(DOWNLOADERS, len(pins)))]
    with ThreadPoolExecutor(DOWNLOADERS) as pool:
        list(pool.map(lambda part: _download(part, folder, target, lock), parts))


def _download(pins: list[str], folder: Path, target: Target, lock: Path) -> None:
    listing = folder / f"{hashlib.sha256(pins[0].encode()).hexdigest()[:12]}.txt"
    listing.write_text("\n".join(pins), encoding="utf-8")
    tags = [word for platform in target.platforms for word in ("--platform", platform)]
    abi = f"cp{target.python.replace('.', '')}"
    result = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", "--require-hashes", "--no-deps",
         "--disable-pip-version-check", "--python-version", target.python, "--implementation", "cp",
         "--abi", abi, "--abi", "abi3", "--abi", "none", *tags, "--dest", str(folder), "--requirement", str(listing)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if result.returncode:
        reason = "\n".join(line for line in result.stderr.splitlines() if line.startswith("ERROR")) or result.stderr
        raise BuildError(f"{lock}: a wheel could not be fetched for {target.python} {target.architecture}:\n{reason}")


def describe(path: Path, *, own: bool = False) -> Wheel:
    """Name, version and hash of a wheel file."""
    name, version, _, _ = parse_wheel_filename(path.name)
    return Wheel(name, str(version), path.name, hashlib.sha256(path.read_bytes()).hexdigest(), own)


def _requirements(path: Path) -> tuple[str, ...]:
    with zipfile.ZipFile(path) as archive:
        metadata = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        headers = HeaderParser().parsestr(archive.read(metadata).decode("utf-8"))
    return tuple(headers.get_all("Requires-Dist") or ())


def closure(requirements: Iterable[str], locked: Mapping[str, Locked], target: Target, asker: str) -> list[Wheel]:
    """The wheels that `requirements` lead to, sorted by name.

    :raises BuildError: a requirement that the lock does not pin, with who asked for it.
    """
    chosen: dict[str, Wheel] = {}
    seen: set[tuple[str, str]] = set()
    queue = [(Requirement(text), "", asker) for text in requirements]
    while queue:
        requirement, extra, why = queue.pop()
        if requirement.marker and not requirement.marker.evaluate({**target.markers, "extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        if name not in locked:
            raise BuildError(
                f"{why} requires {requirement}, which the lock does not pin; add it and run ./longhouse lock"
            )
        entry = locked[name]
        if not requirement.specifier.contains(entry.wheel.version, prereleases=True):
            raise BuildError(
                f"{why} requires {requirement}, but the lock pins {name}=={entry.wheel.version}; change one of the two"
            )
        chosen[name] = entry.wheel
        for wanted in ("", *requirement.extras):
            if (name, wanted) not in seen:
                seen.add((name, wanted))
                queue += [(Requirement(text), wanted, name) for text in entry.requires]
    return sorted(chosen.values())
