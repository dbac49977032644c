"""The words of artifact building: target, wheel, artifact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from control.errors import RefusedError

Progress = Callable[[str], None]

# glibc of Debian 13 is 2.41; wheels for an older one run there too. pip takes the tags literally, so each is named.
OLDEST_GLIBC, NEWEST_GLIBC = 17, 41


class BuildError(RefusedError):
    """An artifact cannot be built as asked: names the file, what is wrong and the fix."""


@dataclass(frozen=True)
class Target:
    """The Python an artifact is built for: the host's, not the one that builds."""

    architecture: str = "x86_64"
    python: str = "3.13"

    @property
    def platforms(self) -> list[str]:
        """Platform tags a wheel may carry, newest first, as packaging tools spell them."""
        modern = [f"manylinux_2_{minor}_{self.architecture}" for minor in range(NEWEST_GLIBC, OLDEST_GLIBC - 1, -1)]
        return [*modern, f"manylinux2014_{self.architecture}"]

    @property
    def markers(self) -> dict[str, str]:
        """Environment in which `; python_version < "3.12"` and the like are judged."""
        return {
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "os_name": "posix",
            "platform_machine": self.architecture,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": f"{self.python}.5",
            "python_version": self.python,
            "sys_platform": "linux",
        }


@dataclass(frozen=True, order=True)
class Wheel:
    """One wheel of an artifact; `own` ones travel inside the tar, the others once per host."""

    name: str
    version: str
    file: str
    sha256: str
    own: bool = False


@dataclass(frozen=True)
class Artifact:
    """One built release of one service: `path` is `dist/<service>-<version>.tar`."""

    service: str
    version: str
    path: Path
    sha256: str
    commit: str
    dirty: bool
    wheels: tuple[Wheel, ...]
    built: bool = field(compare=False, default=False)

    @property
    def shared_wheels(self) -> list[str]:
        """File names under `dist/wheels/` that a host needs beside the tar."""
        return [wheel.file for wheel in self.wheels if not wheel.own]
