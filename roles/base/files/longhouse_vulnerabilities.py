"""What Debian knows to be wrong with the packages of this host: asked through debsecan, told to the node exporter.

Run every night by longhouse-vulnerabilities.service. Exit status 0 when it was asked, or when nobody is to be asked;
1 with one line of why not. The figures of the last answer stay until there is another one.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import product
from pathlib import Path

SOURCE = "https://security-tracker.debian.org/tracker/debsecan/release/1/"
FOLDER = Path("/var/lib/longhouse/vulnerabilities")
INSTALLED = Path("/var/lib/dpkg/status")
# Below FOLDER: what the node exporter reads, and debsecan's own lines for people.
FIGURES, RUN, KNOWN = "longhouse_vulnerabilities.prom", "longhouse_vulnerabilities_run.prom", "known.txt"

# debsecan sets no time limit for its download.
SECONDS = 300
# A package that no host has. A list that knows of no flaw in it is not Debian's, whatever else it says.
CANARY = "longhouse-canary"
CANARY_STATUS = f"""Package: {CANARY}
Status: install ok installed
Version: 0
Source: openssl (0)
"""
LINE = re.compile(r"(?P<name>\S+) (?P<package>\S+)(?: \((?P<notes>.+)\))?")
# Debian's own words, least urgent first; most flaws are never given one.
URGENCIES = ("unassigned", "low", "medium", "high")
# Packages of one version of the kernel: several are installed beside each other, and one of them runs.
KERNEL = re.compile(r"linux-[a-z]+-\d")


class NotAskedError(Exception):
    """Nobody said what is known of the packages; its text says why."""


@dataclass(frozen=True)
class Vulnerability:
    """One flaw (`CVE-2026-1234`), with the worst that is said of it in any of its packages.

    `urgency` is an index of URGENCIES; `remote`: can be exploited over the network; `fixed`: Debian has mended it, and
    this host does not have that version.
    """

    name: str
    packages: tuple[str, ...]
    urgency: int
    remote: bool
    fixed: bool

    def __str__(self) -> str:
        remote = ", remotely exploitable" if self.remote else ""
        return f"{self.name} ({', '.join(self.packages)}): urgency {URGENCIES[self.urgency]}{remote}"


def main(argv: list[str]) -> int:
    """Exit status."""
    parser = argparse.ArgumentParser(prog="longhouse_vulnerabilities", description=__doc__)
    parser.add_argument("--source", default=SOURCE, help="where the lists are (%(default)s); nobody is asked without")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the answer is kept (%(default)s)")
    arguments = parser.parse_args(argv)
    source, folder = arguments.source, arguments.folder
    if not source:
        for name in (FIGURES, RUN, KNOWN):
            (folder / name).unlink(missing_ok=True)
        print("nobody is asked for known vulnerabilities: platform_vulnerability_source is empty")
        return 0
    now = int(time.time())
    _replace(folder / RUN, _gauge("last_run_timestamp_seconds", "When it was last tried to ask.", {"": now}))
    try:
        lines = ask(source, debian_suite(), packages(INSTALLED.read_text(encoding="utf-8"), platform.release()))
        found = vulnerabilities(lines)
    except NotAskedError as error:
        kept = "the figures of the last answer stay" if (folder / FIGURES).exists() else "there was no answer yet"
        print(f"not asked for known vulnerabilities: {error}; {kept}. Can it be reached? curl -sSI {source}",
              file=sys.stderr)  # fmt: skip
        return 1
    _replace(folder / KNOWN, "".join(f"{line}\n" for line in lines if _package(line) != CANARY))
    _replace(folder / FIGURES, exposition(found, now))
    missing = [vulnerability for vulnerability in found if vulnerability.fixed]
    print(f"{len(found)} known vulnerabilities, {len(missing)} of them mended by Debian and not here")
    for vulnerability in missing:
        print(f"mended by Debian and not here: {vulnerability}")
    return 0


def ask(source: str, suite: str, installed: str) -> list[str]:
    """debsecan's lines about packages, written as in dpkg's status file. Raises NotAskedError."""
    words = ["debsecan", "--config", "/dev/null", "--suite", suite, "--source", source, "--status", "/dev/stdin"]
    try:
        done = subprocess.run(
            words, check=False, input=f"{installed.rstrip()}\n\n{CANARY_STATUS}", capture_output=True, text=True,
            timeout=SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise NotAskedError(f"{source} did not answer within {SECONDS} s") from None
    if done.returncode != 0:
        raise NotAskedError(f"{source}: {_reason(done.stderr) or f'debsecan ended with {done.returncode}'}")
    lines = done.stdout.splitlines()
    if not any(_package(line) == CANARY for line in lines):
        raise NotAskedError(f"{source} answers with a list that knows of no flaw in OpenSSL, so it is not Debian's")
    return lines


def _reason(said: str) -> str:
    """What debsecan says of a failed download, after its address; of a failure it did not expect, the last line."""
    lines = said.splitlines()
    told = lines[1:] if said.startswith("error: while downloading ") else lines[-1:]
    return " ".join(line.removeprefix("error: ") for line in told)


def packages(status: str, release: str) -> str:
    """dpkg's status file as debsecan should see it, where kernel `release` runs.

    Kernels that do not run are left out: they stay installed beside a newer one, and would be complained of for ever.
    Flaws are known of source package `linux`, and debsecan does not know that signed kernels are made from it.
    """
    kept = [entry for entry in status.split("\n\n") if not _rests(entry, release)]
    return re.sub(r"^Source: linux-signed-.*$", "Source: linux", "\n\n".join(kept), flags=re.MULTILINE)


def _rests(entry: str, release: str) -> bool:
    name = next((line.partition(": ")[2] for line in entry.splitlines() if line.startswith("Package: ")), "")
    return KERNEL.match(name) is not None and not name.startswith(f"linux-image-{release}")


def debian_suite() -> str:
    """The code name of this host's release, such as `trixie`."""
    return platform.freedesktop_os_release()["VERSION_CODENAME"]


def vulnerabilities(lines: list[str]) -> list[Vulnerability]:
    """Each flaw once, by name; none of the canary's. Raises NotAskedError for a line that debsecan does not write."""
    found: dict[str, Vulnerability] = {}
    for line in lines:
        match = LINE.fullmatch(line)
        if match is None:
            raise NotAskedError(f"debsecan writes {line!r}, which is no line about a package")
        name, package, notes = match["name"], match["package"], (match["notes"] or "").split(", ")
        if package == CANARY:
            continue
        urgency = max(level for level, word in enumerate(URGENCIES) if level == 0 or f"{word} urgency" in notes)
        before = found.get(name, Vulnerability(name, (), 0, False, False))
        found[name] = Vulnerability(
            name, tuple(sorted({*before.packages, package})), max(before.urgency, urgency),
            before.remote or "remotely exploitable" in notes, before.fixed or "fixed" in notes,
        )  # fmt: skip
    return [found[name] for name in sorted(found)]


def exposition(found: list[Vulnerability], asked: int) -> str:
    """In Prometheus' text format; every combination is told, so that none is missing when it becomes 0."""
    counted = dict.fromkeys(product((False, True), (False, True), range(len(URGENCIES))), 0)
    for vulnerability in found:
        counted[vulnerability.fixed, vulnerability.remote, vulnerability.urgency] += 1
    by_labels = {}
    for (fixed, remote, urgency), number in counted.items():
        fix = "available" if fixed else "none"
        labels = f'{{fix="{fix}",remote="{str(remote).lower()}",urgency="{URGENCIES[urgency]}"}}'
        by_labels[labels] = number
    return _gauge("", "Vulnerabilities that Debian knows of the installed packages, each counted once.", by_labels) + (
        _gauge("last_success_timestamp_seconds", "When Debian was last asked, and answered.", {"": asked})
    )


def _gauge(suffix: str, what: str, values: dict[str, int]) -> str:
    name = "_".join(filter(None, ("longhouse_vulnerabilities", suffix)))
    return f"# HELP {name} {what}\n# TYPE {name} gauge\n" + "".join(f"{name}{at} {n}\n" for at, n in values.items())


def _package(line: str) -> str:
    return line.split(" ")[1] if " " in line else ""


def _replace(file: Path, content: str) -> None:
    unfinished = file.with_name(f".{file.name}.new")
    unfinished.write_text(content, encoding="utf-8")
    unfinished.chmod(0o644)
    os.replace(unfinished, file)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
