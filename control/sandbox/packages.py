"""Debian packages that sandbox hosts downloaded, kept for the next host.

A host gets the kept files as a read-only layer made of hard links, below its own disk: its apt finds them in
its cache and writes beside them, so hosts that install at the same time share bytes and no lock.
"""

from __future__ import annotations

import os
from pathlib import Path

from control import layout
from control.locking import locked

_CACHE = Path("var/cache/apt/archives")


def seed(layer: Path) -> None:
    """Fill a new host's layer with every package kept so far."""
    archives = layer / _CACHE
    archives.mkdir(parents=True, exist_ok=True)
    with locked(layout.PACKAGES):
        for package in layout.PACKAGES.glob("*.deb"):
            _link(package, archives / package.name)


def harvest(disk: Path) -> None:
    """Keep what a host downloaded; an older version of the same package makes room for the newer."""
    downloaded = sorted((disk / _CACHE).glob("*.deb"), key=lambda path: path.stat().st_mtime)
    if not downloaded:
        return
    with locked(layout.PACKAGES):
        for package in downloaded:
            for older in layout.PACKAGES.glob(f"{_name(package)}_*_{_architecture(package)}"):
                if older.name != package.name:
                    older.unlink()
            _link(package, layout.PACKAGES / package.name)


def _link(source: Path, target: Path) -> None:
    # A deletion on a host shows as a character device in its upper layer, and apt verifies hashes of what it uses.
    if source.is_file() and not target.exists():
        os.link(source, target)


def _name(package: Path) -> str:
    return package.name.partition("_")[0]


def _architecture(package: Path) -> str:
    return package.name.rpartition("_")[2]
