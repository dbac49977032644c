"""The hashed lock: every third-party distribution the services may install, for any platform."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from control.artifacts.model import BuildError, Target

_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(\[[^]]*\])?==(?P<version>[^ ;]+)\s*(;(?P<marker>.*))?$")


@dataclass(frozen=True)
class Pin:
    """One locked distribution: canonical name, version, `sha256:…` of each of its files."""

    name: str
    version: str
    hashes: tuple[str, ...]

    @property
    def line(self) -> str:
        return " ".join([f"{self.name}=={self.version}", *(f"--hash={value}" for value in self.hashes)])


@dataclass(frozen=True)
class Lock:
    """A requirements file with hashes, read for one target; `only` narrows it to one distribution."""

    path: Path
    target: Target
    only: str = ""

    @cached_property
    def text(self) -> str:
        """Its lines, a pin with its hashes on one; narrowed, so that other pins do not change the digest."""
        try:
            text = self.path.read_text(encoding="utf-8").replace("\\\n", " ")
        except FileNotFoundError:
            raise BuildError(
                f"{self.path}: missing; the lock names every wheel with its hash: run ./longhouse lock"
            ) from None
        return "\n".join(line for line in text.splitlines() if line.startswith(f"{self.only}==" if self.only else ""))

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def pins(self) -> dict[str, Pin]:
        """Canonical name -> pin, of those whose marker holds on the target."""
        found: dict[str, Pin] = {}
        for line in self.text.splitlines():
            pin, *hashes = line.split(" --hash=")
            match = _PIN.match(pin.strip())
            if match is None or not self._applies(match["marker"]):
                continue
            name = canonicalize_name(match["name"])
            if not hashes:
                raise BuildError(
                    f"{self.path}: {name}=={match['version']} has no hash; renew the lock with ./longhouse lock"
                )
            found[name] = Pin(name, match["version"], tuple(value.strip() for value in hashes))
        return found

    def _applies(self, marker: str | None) -> bool:
        return not marker or Marker(marker.strip()).evaluate(self.target.markers)
