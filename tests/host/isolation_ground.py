"""Who is there on the host, and how to become one of them. Runs on the host, as `isolation_probe.py` does."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import pwd
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

Finding = list[object]


def services() -> list[str]:
    names = (user.pw_name.partition("_") for user in pwd.getpwall() if user.pw_name.startswith("longhouse_"))
    return sorted(service for _, _, service in names if os.path.isdir(f"/etc/longhouse/{service}"))


def users_of(service: str) -> Iterator[str]:
    for kind in ("longhouse", "migrate"):
        with contextlib.suppress(KeyError):
            yield pwd.getpwnam(f"{kind}_{service}").pw_name


def pairs() -> Iterator[tuple[str, str, str]]:
    """(user, its service, another service)."""
    for one, other in itertools.permutations(services(), 2):
        for user in users_of(one):
            yield user, one, other


def output(*words: str, given: bytes | None = None) -> str:
    return subprocess.run(words, input=given, capture_output=True, check=False).stdout.decode("utf-8", "replace")


def processes_of(user: str) -> list[str]:
    return output("pgrep", "-u", user).split()


def as_user(user: str, work: Callable[..., Finding], *arguments: Any, sandbox: str = "") -> Finding:
    """What `work` returns in a process of `user`, in the mounts of the process `sandbox` when one is given."""
    account = pwd.getpwnam(user)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        if sandbox:
            with open(f"/proc/{sandbox}/ns/mnt") as namespace:
                os.setns(namespace.fileno())  # type: ignore[attr-defined] # Python 3.12
        os.initgroups(user, account.pw_gid)
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        try:
            os.write(write, json.dumps(work(*arguments)).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    found: Finding = json.loads(text)  # a probe that broke off is no answer: fails here
    return found
