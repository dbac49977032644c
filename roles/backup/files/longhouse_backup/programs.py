"""Runs the programs that do the work; a failure carries what they said."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Mapping
from pathlib import Path

SERVER_BINARIES = Path("/usr/lib/postgresql/17/bin")
LIVE_SOCKET = "/run/postgresql"
STANZA = "--stanza=main"
ACCOUNT = "postgres"


class BackupError(Exception):
    """What went wrong, in one line a person can act on."""


def run(*words: str, environment: Mapping[str, str] | None = None, stdin: str | None = None) -> str:
    """Standard output of a program, run by the database's account; raises BackupError with its last words."""
    what = f"{Path(words[0]).name} {words[1] if len(words) > 1 else ''}".strip()
    if os.geteuid() == 0:
        words = ("runuser", "-u", ACCOUNT, "--", *words)
    # Not everything said is text: see taking.py.
    done = subprocess.run(
        words, capture_output=True, text=True, errors="replace", check=False, env=environment, input=stdin
    )
    if done.returncode:
        said = [line.strip() for line in (done.stderr + "\n" + done.stdout).splitlines() if line.strip()]
        telling = [line for line in said if "ERROR" in line or "FATAL" in line] or said[-3:]
        raise BackupError(f"{what}: {' | '.join(telling[:3])}")
    return done.stdout


def pgbackrest(command: str, *options: str) -> str:
    """Standard output of a pgBackRest command for the one cluster there is."""
    return run("pgbackrest", command, STANZA, *options)


def psql(socket: str, database: str, script: str) -> str:
    """Rows of a script as unaligned text, asked as the superuser through the cluster's socket."""
    options = ("-X", "-qAt", "-v", "ON_ERROR_STOP=1", "-h", socket, "-d", database)
    return run("psql", *options, stdin=script).strip()


def become_the_account() -> None:
    """From here on, this process is the database's account and can no longer be root."""
    if os.geteuid() == 0:
        account = pwd.getpwnam(ACCOUNT)
        os.initgroups(ACCOUNT, account.pw_gid)
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        os.chdir("/")
        os.umask(0o027)
