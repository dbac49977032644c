"""Runs on the host as root, given to `python3 -c`: where do these texts show? Standard library alone.

Standard input is one line of JSON, name to text, so that the texts are in no argument and no environment of ours.
With "watch" as its argument it looks at processes until standard input ends, else once at every place.
Prints JSON: a sorted list of "<name> in <place>".
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PLACES = (
    "/etc", "/run", "/tmp", "/var/tmp",  # noqa: S108  (it reads them)
    "/root", "/usr/local", "/var/log", "/var/mail", "/var/spool", "/var/backups",
    "/var/lib/longhouse", "/var/lib/prometheus", "/var/lib/redis", "/var/lib/redis-cache", "/var/lib/redis-state",
    "/var/lib/rabbitmq", "/var/lib/systemd",
)  # fmt: skip
# Where a secret may be in clear: what a unit was handed over in memory, and two files (decision 0030, role redis).
HANDED_OVER = "/run/credentials/"
KEPT = {"/etc/redis/longhouse-admin": ("root", 0o600), "/etc/pgbackrest/conf.d/longhouse-secrets.conf": ("root", 0o640)}
QUESTIONS = {
    "systemctl show": ["systemctl", "show", "--all", "*"],
    "systemctl cat": ["systemctl", "cat", "*"],
    "systemctl show-environment": ["systemctl", "show-environment"],
    "the journal": ["journalctl", "--output=export", "--all", "--no-pager"],
}
PIECE = 1 << 22


def contained(needles: dict[str, bytes], data: bytes) -> list[str]:
    return [name for name, needle in needles.items() if needle in data]


def processes(needles: dict[str, bytes]) -> Iterator[str]:
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        for part in ("cmdline", "environ"):
            try:
                data = (process / part).read_bytes()
                for name in contained(needles, data):
                    yield f"{name} in {part} of {(process / 'comm').read_text().strip()}"
            except OSError:  # it ended meanwhile
                continue


def files(needles: dict[str, bytes]) -> Iterator[str]:
    for place in PLACES:
        for folder, _, names in os.walk(place):
            if f"{folder}/".startswith(HANDED_OVER):
                continue
            for path in (Path(folder, name) for name in names):
                if path.is_file() and not path.is_symlink() and path.suffix not in {".journal", ".journal~"}:
                    yield from in_file(needles, path)


def in_file(needles: dict[str, bytes], path: Path) -> Iterator[str]:
    try:
        names = contained(needles, path.read_bytes())
        facts = path.stat()
    except OSError:
        return
    kept = KEPT.get(str(path))
    if kept is None or kept != (path.owner(), facts.st_mode & 0o777):
        yield from (f"{name} in {path}" for name in names)


def answers(needles: dict[str, bytes]) -> Iterator[str]:
    longest = max(map(len, needles.values()))
    for what, command in QUESTIONS.items():
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as asked:
            assert asked.stdout is not None
            rest = b""
            while piece := asked.stdout.read(PIECE):
                yield from (f"{name} in {what}" for name in contained(needles, rest + piece))
                rest = piece[-longest:]


def watch(needles: dict[str, bytes]) -> Iterator[str]:
    """Until standard input ends; what lives shorter than a look may be missed, so there are many looks."""
    waiting = selectors.DefaultSelector()
    waiting.register(sys.stdin, selectors.EVENT_READ)
    while not waiting.select(timeout=0):
        yield from processes(needles)
        time.sleep(0.05)


def main() -> None:
    needles = {name: text.encode() for name, text in json.loads(sys.stdin.readline()).items()}
    for path in KEPT:
        if Path(path).exists():
            values = [line.rpartition("=")[2].strip() for line in Path(path).read_text().splitlines()]
            needles |= {f"{path}#{number}": value.encode() for number, value in enumerate(values) if len(value) > 20}
    looks = [watch] if sys.argv[1:] == ["watch"] else [processes, files, answers]
    print(json.dumps(sorted({place for look in looks for place in look(needles)})))


if __name__ == "__main__":
    main()
