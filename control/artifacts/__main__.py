"""`python -m control.artifacts [SERVICE …]`: what the release role calls. One JSON document on stdout."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from control.artifacts.build import build
from control.artifacts.model import Artifact, BuildError, Target
from control.artifacts.shipment import Shipment


def main() -> int:
    """Exit 0 with the shipment, or 2 with one line that says what to mend."""
    parser = argparse.ArgumentParser(prog="python -m control.artifacts", description=__doc__)
    parser.add_argument("services", nargs="*", help="catalogue names; none means all that are not retired")
    parser.add_argument("--root", type=Path, default=Path.cwd(), help="the repository")
    parser.add_argument("--dist", type=Path, help="where artifacts go (default: <root>/dist)")
    parser.add_argument("--catalogue", type=Path, help="default: <root>/services/catalogue.yml")
    parser.add_argument("--architecture", default="x86_64", choices=["x86_64", "aarch64"])
    parser.add_argument(
        "--only-committed", default="", metavar="ENVIRONMENT", help="refuse uncommitted sources, naming who asks"
    )
    options = parser.parse_args()
    root = options.root.resolve()
    dist = (options.dist or root / "dist").resolve()
    target = Target(options.architecture)
    try:
        artifacts = build(
            options.services, root=root, dist_dir=dist, progress=_say, catalogue=options.catalogue, target=target,
            only_committed=options.only_committed,
        )  # fmt: skip
        shipment = Shipment.of(artifacts, root=root, dist=dist, target=target, progress=_say)
    except BuildError as error:
        _say(str(error))
        return 2
    json.dump({"artifacts": [_public(artifact) for artifact in artifacts], **shipment.public()}, sys.stdout, indent=2)
    return 0


def _public(artifact: Artifact) -> dict[str, object]:
    return {
        "service": artifact.service,
        "version": artifact.version,
        "file": artifact.path.name,
        "sha256": artifact.sha256,
        "commit": artifact.commit,
        "dirty": artifact.dirty,
        "built": artifact.built,
    }


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
