"""Files that no release on this host is made from any more: artifacts, third-party wheels, what killed runs left."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

from lhctl.artifact import manifest_in
from lhctl.desired import Desired
from lhctl.errors import RefusedError, StepFailedError
from lhctl.layout import Layout

# A play brings files first and asks for the release then; meanwhile nothing here knows of them.
ON_ITS_WAY_SECONDS = 3600.0


def remove(layout: Layout) -> list[str]:
    """Remove them and return their names. Does nothing while it cannot be told what this host should be, or needs."""
    try:
        desired = Desired.read(layout.desired)
        manifests = _installed(layout)
        asked = {service.artifact for service in desired.services if service.artifact} - manifests.keys()
        manifests |= {path.name: manifest_in(path) for path in layout.artifacts.glob("*.tar") if path.name in asked}
    except (RefusedError, StepFailedError):
        return []
    wheels = {wheel["file"] for found in manifests.values() for wheel in found.get("wheels", []) if not wheel["own"]}
    gone = [
        *_unwanted(layout.artifacts, asked | manifests.keys()),
        *_unwanted(layout.wheels, wheels | {desired.installer.file}),
    ]
    for path in gone:
        path.unlink(missing_ok=True)
    return sorted(path.name for path in gone)


def remove_scratch(releases: Path) -> None:
    """Half-made releases of runs that were killed; only whoever holds the lock may ask for it."""
    for path in releases.glob(".*.new"):
        shutil.rmtree(path, ignore_errors=True)


def _installed(layout: Layout) -> dict[str, dict[str, Any]]:
    """Manifests of the releases that are kept, by the name of the artifact each was made from."""
    return {
        f"{path.parents[2].name}-{path.parent.name}.tar": json.loads(path.read_text(encoding="utf-8"))
        for path in layout.software.glob("*/releases/[!.]*/manifest.json")
    }


def _unwanted(folder: Path, wanted: set[str]) -> list[Path]:
    # Not when it was made: rsync keeps that of a wheel. When it came here.
    latest = time.time() - ON_ITS_WAY_SECONDS
    # What lies beside a file under its name (a signature) goes with it.
    found = [path for path in folder.glob("[!.]*") if path.is_file() and not path.name.startswith(tuple(wanted))]
    return [path for path in found if path.stat().st_ctime < latest]
