"""What a set of artifacts needs on a host: their tars with their signatures, their shared wheels, and the installer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from control.artifacts.dependencies import WheelStore
from control.artifacts.lock import Lock
from control.artifacts.model import Artifact, BuildError, Progress, Target, Wheel
from control.artifacts.signature import with_signatures
from control.files import replace

INSTALLER = "uv"


@dataclass(frozen=True)
class Shipment:
    """Files below `dist`, and where the lists of them are: `rsync --files-from` reads these."""

    installer: Wheel
    artifacts_list: Path
    wheels_list: Path

    @classmethod
    def of(
        cls, artifacts: Sequence[Artifact], *, root: Path, dist: Path, target: Target, progress: Progress
    ) -> Shipment:
        """Gather what `artifacts` need; the lists are named by their content, so that parallel runs never mix."""
        # The controlling machine's own lock: one pin serves both sides.
        lock = Lock(root / "requirements.txt", target, only=INSTALLER)
        if not lock.pins:
            raise BuildError(
                f"{lock.path}: does not pin {INSTALLER}, which hosts need; add it and run ./longhouse lock"
            )
        installer = WheelStore(dist / "wheels", target, progress).locked(lock)[INSTALLER].wheel
        wheels = sorted({installer.file, *(file for artifact in artifacts for file in artifact.shared_wheels)})
        lists = dist / "lists"
        lists.mkdir(parents=True, exist_ok=True)
        return cls(
            installer,
            _list(
                lists,
                "artifacts",
                sorted(path.name for artifact in artifacts for path in with_signatures(artifact.path)),
            ),
            _list(lists, "wheels", wheels),
        )

    def public(self) -> dict[str, object]:
        return {
            "installer": {"file": self.installer.file, "sha256": self.installer.sha256},
            "artifacts_list": str(self.artifacts_list),
            "wheels_list": str(self.wheels_list),
        }


def _list(folder: Path, name: str, files: Sequence[str]) -> Path:
    text = "".join(f"{file}\n" for file in files)
    path = folder / f"{name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.txt"
    if not path.exists():
        replace(path, text)
    return path
