"""Somebody who has a clone of the project, an application, and docs/adding-a-service.md."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
# What ./longhouse becomes once it has installed its Python packages.
LONGHOUSE = (sys.executable, "-P", "-m", "control")
DOCUMENT = ROOT / "docs/adding-a-service.md"


@dataclass(frozen=True)
class Newcomer:
    """`clone` is theirs; the machine's hosts, wheels and Python packages are shared with the tree under test."""

    clone: Path
    host: str

    @classmethod
    def arrives(cls, folder: Path, host: str) -> Newcomer:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout.splitlines()  # fmt: skip
        for name in listed:
            if (ROOT / name).exists():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
        (ROOT / "dist").mkdir(exist_ok=True)
        (folder / "dist").symlink_to(ROOT / "dist")
        return cls(folder, host)

    @property
    def entry(self) -> str:
        """The entry of the document, as it stands there."""
        return DOCUMENT.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]

    @property
    def commands(self) -> list[str]:
        """The commands that the document says to type for the sandbox host, in its order."""
        return re.findall(r"`(\./longhouse (?:up|deploy)[^`]*)`", DOCUMENT.read_text(encoding="utf-8"))

    def adds(self, application: Path, entry: str) -> None:
        """Steps 1 and 2: the code where the entry says, the entry at the end of the catalogue."""
        shutil.copytree(application, self.clone / yaml.safe_load(entry)[0]["path"])
        catalogue = self.clone / "services/catalogue.yml"
        indented = "".join(f"  {line}\n" if line else "\n" for line in entry.splitlines())
        catalogue.write_text(catalogue.read_text(encoding="utf-8") + "\n" + indented, encoding="utf-8")

    def types(self, command: str) -> str:
        """Step 3, on the host of this test; a failure shows what it printed."""
        done = subprocess.run(
            [*LONGHOUSE, *command.split()[1:], "--host", self.host],
            cwd=self.clone, capture_output=True, text=True, check=False, timeout=900,
            env={**os.environ, "LONGHOUSE_STATE": str(ROOT / ".longhouse"), "PYTHONPATH": str(self.clone)},
        )  # fmt: skip
        assert done.returncode == 0, (command + "\n" + done.stdout + done.stderr)[-8_000:]
        return done.stdout

    def changes(self, file: str, old: str, new: str) -> None:
        path = self.clone / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
