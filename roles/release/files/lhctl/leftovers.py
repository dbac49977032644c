"""Files that no release on this host is made from any more: artifacts, third-party wheels, what killed runs left."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from lhctl.artifact import manifest_in
from lhctl.desired import Desired
from lhctl.errors import RefusedError
from lhctl.layout import Layout

# A play brings files first and asks for the release then; meanwhile nothing here knows of them.
ON_ITS_WAY_SECONDS = 3600.0


def remove(layout: Layout) -> list[str]:
    """Remove them and return their names. Does nothing on a host that nobody told what it should be."""
    try:
        desired = Desired.read(layout.desired)
    except RefusedError:
        return []
    artifacts = {service.artifact for service in desired.services if service.artifact} | _kept_artifacts(layout)
    wheels = {desired.installer.file, *_wheels(layout, artifacts)}
    gone = [*_unwanted(layout.artifacts, artifacts), *_unwanted(layout.wheels, wheels)]
    for path in gone:
        path.unlink(missing_ok=True)
    return sorted(path.name for path in gone)


def remove_scratch(releases: Path) -> None:
    """Half-made releases of runs that were killed; only whoever holds the lock may ask for it."""
    for path in releases.glob(".*.new"):
        shutil.rmtree(path, ignore_errors=True)


def _kept_artifacts(layout: Layout) -> set[str]:
    kept = layout.software.glob("*/releases/[!.]*/manifest.json")
    return {f"{path.parents[2].name}-{path.parent.name}.tar" for path in kept}


def _wheels(layout: Layout, artifacts: set[str]) -> Iterator[str]:
    """Shared wheels of every release that is kept or asked for."""
    manifests = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in layout.software.glob("*/releases/[!.]*/manifest.json")
    ]  # fmt: skip
    manifests += [manifest_in(path) for path in layout.artifacts.glob("*.tar") if path.name in artifacts]
    for manifest in manifests:
        yield from (wheel["file"] for wheel in manifest.get("wheels", []) if not wheel["own"])


def _unwanted(folder: Path, wanted: set[str]) -> list[Path]:
    # Not when it was made: rsync keeps that of a wheel. When it came here.
    latest = time.time() - ON_ITS_WAY_SECONDS
    # What lies beside a file under its name (a signature) goes with it.
    found = [path for path in folder.glob("[!.]*") if path.is_file() and not path.name.startswith(tuple(wanted))]
    return [path for path in found if path.stat().st_ctime < latest]
