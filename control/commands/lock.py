"""`./longhouse lock`: every requirements.txt anew from its .in file, all of them agreeing with each other."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from control import layout
from control.errors import FailedError

# In this order: what services run on decides, what tests and the controlling machine need follows.
_LOCKS = (
    ("services/requirements.in", "services/requirements.txt", ()),
    ("services/requirements-test.in", "services/requirements-test.txt", ("services/requirements.txt",)),
    ("requirements.in", "requirements.txt", ("services/requirements.txt", "services/requirements-test.txt")),
)
# No index and no path of this machine may get into a lock.
_RESOLVE = (
    "pip", "compile", "--universal", "--python-version", "3.11", "--generate-hashes",
    "--no-header", "--no-emit-index-url", "--no-emit-find-links", "--quiet",
)  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    for source, lock, constraints in _LOCKS:
        agreeing = [word for constraint in constraints for word in ("--constraints", constraint)]
        command = [str(Path(sys.executable).parent / "uv"), *_RESOLVE, source, "--output-file", lock, *agreeing]
        if subprocess.run(command, cwd=layout.REPOSITORY, check=False).returncode != 0:
            raise FailedError(f"{source} cannot be resolved", hint=f"mend {source}, then ./longhouse lock")
        print(f"locked {lock}")
    return 0
