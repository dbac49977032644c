"""The machine's way to Debian packages, adapted to the suite of sandbox hosts. Pure but for `of_machine`."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

SUITE = "trixie"

_APT = Path("/etc/apt")
_DEBIAN_SUITES = re.compile(
    r"(bullseye|bookworm|trixie|forky|sid|(?:old)*stable|testing)(-updates|-security|/updates)?"
)
_ONE_LINE = re.compile(r"deb\s+(?:\[[^]]*\]\s+)?(\S+)\s+(\S+)\s+(.+)")
# What decides how packages are reached; everything else in apt's configuration is this machine's own affair.
_CARRIED = re.compile(r"Acquire::(?:https?::Proxy|Check-Valid-Until|Check-Date|Retries|ForceIPv4)\b.*")


@dataclass(frozen=True)
class AptSettings:
    """`sources`: lines for sources.list; empty means the tools' own default mirror. `options`: apt.conf lines."""

    sources: tuple[str, ...]
    options: tuple[str, ...]


def of_machine() -> AptSettings:
    files = [_APT / "sources.list", *sorted(_APT.glob("sources.list.d/*"))]
    entries = [entry for path in files if path.is_file() for entry in parse(path.read_text(errors="replace"))]
    dump = subprocess.run(["apt-config", "dump"], check=True, capture_output=True, text=True).stdout
    options = tuple(line for line in dump.splitlines() if _CARRIED.fullmatch(line))
    return AptSettings(sources=for_suite(entries), options=options)


def parse(text: str) -> Iterator[tuple[str, str]]:
    """(URI, suite) of every binary entry of component main, in either of apt's two formats."""
    if re.search(r"^Types:", text, re.MULTILINE):
        for stanza in re.split(r"\n\s*\n", _without_comments(text)):
            yield from _deb822(stanza)
        return
    for line in _without_comments(text).splitlines():
        match = _ONE_LINE.fullmatch(line.strip())
        if match and "main" in match[3].split():
            yield match[1], match[2]


def for_suite(entries: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """sources.list lines that reach trixie over the mirrors which serve this machine its own Debian suite."""
    mirrors: dict[str, None] = {}
    for uri, suite in entries:
        match = _DEBIAN_SUITES.fullmatch(suite)
        if match is None:
            continue
        suffix = {"/updates": "-security"}.get(match[2] or "", match[2] or "")
        mirrors[f"deb {uri.rstrip('/')} {SUITE}{suffix} main"] = None
    return tuple(mirrors)


def _deb822(stanza: str) -> Iterator[tuple[str, str]]:
    fields = {
        key.strip().lower(): value.split()
        for key, _, value in (line.partition(":") for line in re.sub(r"\n[ \t]+", " ", stanza).splitlines())
    }
    wanted = "deb" in fields.get("types", []) and "main" in fields.get("components", [])
    if wanted and fields.get("enabled", ["yes"]) != ["no"]:
        for uri in fields.get("uris", []):
            for suite in fields.get("suites", []):
                yield uri, suite


def _without_comments(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
