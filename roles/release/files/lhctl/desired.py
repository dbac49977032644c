"""What the play asks for: one JSON document with every service, read strictly."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from lhctl.errors import RefusedError

STATES = ("planned", "live", "retired")
_TYPES: dict[str, set[type]] = {
    "str": {str},
    "bool": {bool},
    "int": {int},
    "float": {int, float},
    "tuple[int, ...]": {tuple},
}
_NAME = re.compile(r"[a-z][a-z0-9_]{1,19}")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,79}")


@dataclass(frozen=True)
class Wanted:
    """One service as it should be. Times are seconds; `canary` is percentages; `force` doubts what is known of the
    schema and asks the database."""

    name: str
    state: str
    version: str = ""
    artifact: str = ""
    sha256: str = ""
    ready: str = "/readyz"
    fleet: bool = False
    migrate: bool = False
    setup: bool = False
    blue_port: int = 0
    green_port: int = 0
    drain_seconds: int = 30
    keep_warm_seconds: int = 600
    watch_seconds: float = 5.0
    canary: tuple[int, ...] = ()
    soak_seconds: float = 60.0
    force: bool = False

    def port(self, colour: str) -> int:
        return self.blue_port if colour == "blue" else self.green_port


@dataclass(frozen=True)
class Installer:
    """The wheel that carries uv."""

    file: str
    sha256: str


@dataclass(frozen=True)
class Desired:
    """`complete` says that services not listed do not exist (any more)."""

    services: tuple[Wanted, ...]
    installer: Installer
    complete: bool = False

    @classmethod
    def read(cls, path: Path) -> Desired:
        """Raises RefusedError naming file, key and fix."""
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise RefusedError(f"{path}: not there; run the services playbook, it writes it") from None
        except json.JSONDecodeError as error:
            raise RefusedError(f"{path}: not JSON: {error}; run the services playbook, it rewrites it") from None
        try:
            services = tuple(_wanted(path, entry) for entry in document["services"])
            installer = Installer(document["installer"]["file"], document["installer"]["sha256"])
        except (KeyError, TypeError) as error:
            raise RefusedError(
                f"{path}: lacks or misspells {error}; run the services playbook, it rewrites it"
            ) from None
        return cls(services, installer, bool(document.get("complete")))

    def merged_into(self, earlier: Desired) -> Desired:
        """`earlier` with these services in place of theirs: what the host is to be from now on."""
        named = {service.name for service in self.services}
        kept = tuple(service for service in earlier.services if service.name not in named)
        return Desired((*kept, *self.services), self.installer, earlier.complete)

    def text(self) -> str:
        """The document again."""
        return json.dumps(asdict(self), indent=1, sort_keys=True)

    def only(self, names: list[str]) -> Desired:
        """The same, narrowed to `names` (all when empty)."""
        unknown = set(names) - {service.name for service in self.services}
        if unknown:
            known = ", ".join(service.name for service in self.services)
            raise RefusedError(f"no service named {', '.join(sorted(unknown))} here; known: {known}")
        if not names:
            return self
        return Desired(tuple(service for service in self.services if service.name in names), self.installer)


def _wanted(path: Path, entry: Mapping[str, Any]) -> Wanted:
    wanted = Wanted(**{**entry, "canary": tuple(entry.get("canary", ()))})
    for field in fields(Wanted):
        value, kind = getattr(wanted, field.name), str(field.type)
        if type(value) not in _TYPES[kind]:
            raise RefusedError(
                f"{path}: {wanted.name}: {field.name} {value!r} must be {kind}; the services playbook rewrites it"
            )
    if not _NAME.fullmatch(wanted.name):
        raise RefusedError(f"{path}: name {wanted.name!r} is no service name; letters, digits and _ only")
    if wanted.state not in STATES:
        raise RefusedError(f"{path}: {wanted.name}: state {wanted.state!r} is none of {', '.join(STATES)}")
    if wanted.state != "retired" and not (_VERSION.fullmatch(wanted.version) and ".." not in wanted.version):
        raise RefusedError(f"{path}: {wanted.name}: {wanted.version!r} is no version; build the artifact again")
    if Path(wanted.artifact).name != wanted.artifact:
        raise RefusedError(f"{path}: {wanted.name}: artifact {wanted.artifact!r} must be a plain file name")
    return wanted
