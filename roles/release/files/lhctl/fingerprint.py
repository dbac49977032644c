"""A hash of everything a process reads at its start besides its release: a change means it must be replaced."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from lhctl.layout import ServiceLayout


def configuration_of(service: ServiceLayout) -> str:
    """SHA-256 (16 hex digits) over unit files, environment, fleet configuration and encrypted credentials.

    Read from the disk rather than told by the play, so that a hand edit counts too.
    """
    total = hashlib.sha256()
    for path in files_of(service.configuration):
        total.update(f"{path.relative_to(service.layout.root)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def files_of(places: list[Path]) -> Iterator[Path]:
    """The files among `places` and below them, drop-ins of units too."""
    for place in places:
        if place.is_file():
            yield place
        # Drop-ins of a template unit count like the unit itself.
        folder = place.with_name(f"{place.name}.d") if place.suffix == ".service" else place
        if folder.is_dir():
            yield from sorted(path for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")
