"""`./longhouse build`: artifacts of the named services in `dist/`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from control import layout, progress
from control.artifacts import Artifact, BuildError, build
from control.errors import RefusedError
from control.progress import Report


def run(arguments: argparse.Namespace) -> int:
    with progress.live("build") as report:
        artifacts = build_artifacts(arguments.services, report)
    if arguments.json:
        print(json.dumps({"ok": True, "artifacts": [_public(artifact) for artifact in artifacts]}))
    else:
        for artifact in artifacts:
            print(f"{artifact.service:<16} {artifact.version:<32} {artifact.path}")
    return 0


def build_artifacts(services: Sequence[str], report: Report) -> list[Artifact]:
    """Artifacts of `services`, or of all that are not retired when none is named."""
    try:
        return list(build(services, root=layout.REPOSITORY, dist_dir=layout.REPOSITORY / "dist", progress=report))
    except BuildError as error:
        raise RefusedError(str(error)) from error


def _public(artifact: Artifact) -> dict[str, object]:
    return {
        "service": artifact.service,
        "version": artifact.version,
        "file": str(artifact.path),
        "sha256": artifact.sha256,
    }
