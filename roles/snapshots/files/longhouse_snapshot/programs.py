"""Runs the programs that do the work; a failure carries what they said."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from typing import Any

from longhouse_snapshot.plan import Plan

# Exit status of restic (0.17 and later) for a repository that is not there.
NO_REPOSITORY = 10
# Who changes the repository waits for who checks or tidies it, instead of giving up at once.
PATIENCE = "--retry-lock=30m"
# Looking needs no lock: one that a lost host left must not keep the new one from its files.
LOOKING = "--no-lock"
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


class SnapshotError(Exception):
    """What went wrong, in one line a person can act on."""


def run(*words: str, environment: Mapping[str, str] | None = None) -> str:
    """Standard output of a program; raises SnapshotError with its last words."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        what = " ".join([words[0], *(word for word in words[1:] if not word.startswith("-"))][:2])
        raise SnapshotError(f"{what}: {_last_words(done)}")
    return done.stdout


def restic(plan: Plan, *words: str) -> str:
    """Standard output of restic against the plan's repository."""
    return run("restic", PATIENCE, *plan.options, *words, environment=_environment(plan))


def let_go(plan: Plan) -> None:
    """Remove locks of runs that are no more: killed, or lost with their host. Those of living ones stay."""
    restic(plan, "unlock", "--quiet")


def has_repository(plan: Plan) -> bool:
    """Whether there is one; raises SnapshotError when nobody can tell, or when the password does not open it."""
    words = ("restic", *plan.options, "cat", "config", LOOKING)
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=_environment(plan))
    if done.returncode not in (0, NO_REPOSITORY):
        raise SnapshotError(f"the repository of the snapshots cannot be opened: {_last_words(done)}")
    return done.returncode == 0


def _environment(plan: Plan) -> dict[str, str]:
    credentials = os.environ["CREDENTIALS_DIRECTORY"]
    return {
        **plan.environment,
        "PATH": PATH,
        "RESTIC_REPOSITORY": plan.repository,
        "RESTIC_PASSWORD_FILE": f"{credentials}/password",
        "RESTIC_CACHE_DIR": "/var/cache/longhouse-snapshots",
        "AWS_SHARED_CREDENTIALS_FILE": f"{credentials}/store_keys",
    }


def _last_words(done: subprocess.CompletedProcess[str]) -> str:
    lines = [_plain(line) for line in (done.stderr + "\n" + done.stdout).splitlines() if line.strip()]
    return " | ".join(lines[-3:]) or f"exit status {done.returncode}"


def _plain(line: str) -> str:
    """With --json, restic says its errors as objects too."""
    try:
        said: Any = json.loads(line)
    except ValueError:
        return line.strip()
    return str(said.get("message", said.get("error", line))) if isinstance(said, dict) else line.strip()
