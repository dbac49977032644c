"""Longhouse as it was: a work tree of an earlier revision, and a host that it brought up."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from control.artifacts.signature import KEY, SigningKey
from tests.e2e.sandbox import ROOT

PATIENCE_SECONDS = 1800
# While nothing is tagged, far enough back that roles, services and migrations differ.
COMMITS_BACK = 100


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def revision() -> str:
    """LONGHOUSE_UPGRADE_FROM, or the last tagged release, or, while there is none, a commit of some time ago."""
    if named := os.environ.get("LONGHOUSE_UPGRADE_FROM"):
        return named
    tags = _git("tag", "--merged", "HEAD", "--sort=-version:refname", "--list", "v*").splitlines()
    return tags[0] if tags else _git("rev-list", "--first-parent", f"--max-count={COMMITS_BACK}", "HEAD").split()[-1]


@contextmanager
def tree(of: str, place: Path) -> Iterator[Path]:
    """The files of revision `of` in `place`, for the length of the block."""
    _git("worktree", "add", "--detach", str(place), of)
    try:
        yield place
    finally:
        _git("worktree", "remove", "--force", str(place))


def bring_up_to_date(place: Path) -> None:
    """Let the tree in `place` become what is committed here, as a pull does."""
    _git("-C", str(place), "checkout", "--quiet", "--detach", _git("rev-parse", "HEAD"))


def variables(at: Path) -> dict[str, str]:
    """What the tree `at` finds in its environment: hosts, caches and the key are those of this clone."""
    state = ROOT / ".longhouse"
    # Named, because earlier releases looked for the key of sandbox hosts in their own tree, not in the state's folder.
    SigningKey.ensure(state / KEY)
    return {"LONGHOUSE_STATE": str(state), "LONGHOUSE_SIGNING_KEY": str(state / KEY), "PYTHONPATH": str(at)}


def control(at: Path, *words: str) -> str:
    """Run `./longhouse WORDS` of the tree `at`."""
    done = subprocess.run(
        [sys.executable, "-m", "control", *words],
        cwd=at,
        env={**os.environ, **variables(at)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stdout[-8000:]
    return done.stdout
