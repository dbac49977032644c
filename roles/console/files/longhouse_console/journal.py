"""The journal, asked through journalctl: records of one source, level, text or trace."""

from __future__ import annotations

import json
import re
import selectors
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from longhouse_console.problems import Problem, SourceError
from longhouse_console.records import record

SECONDS = 8.0
MOST = 500
LONGEST_TRACE = 2000
LONGEST_TEXT = 200
_SERVICE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TRACE = re.compile(r"[0-9a-f]{32}")
_NOT_A_WORD = re.compile(r"([^\w\s])")

# What is not a service of the catalogue, and how the journal knows it: any of these.
SOURCES: dict[str, tuple[str, ...]] = {
    "edge": ("SYSLOG_IDENTIFIER=nginx_access", "SYSLOG_IDENTIFIER=nginx_error", "_SYSTEMD_UNIT=nginx.service"),
    "releases": ("SYSLOG_IDENTIFIER=lhctl",),
    "postgresql": ("_SYSTEMD_UNIT=postgresql@17-main.service",),
    "rabbitmq": ("_SYSTEMD_UNIT=rabbitmq-server.service",),
    "redis": ("_SYSTEMD_UNIT=redis-server@cache.service", "_SYSTEMD_UNIT=redis-server@state.service"),
    "watching": ("_SYSTEMD_UNIT=prometheus.service", "_SYSTEMD_UNIT=prometheus-alertmanager.service"),
    "kernel": ("_TRANSPORT=kernel",),
    "systemd": ("_PID=1",),
}


def search(wanted: Mapping[str, str], services: Callable[[], Sequence[str]]) -> dict[str, Any]:
    """Newest first `{records, more, partial}` for `{source, level, text, trace, since, before, limit}`, all optional.

    `partial` says that the search took too long and only its beginning is told; `more` that there are older ones.
    """
    limit = _limit(wanted.get("limit", "100"))
    arguments = ["--reverse"]
    if wanted.get("level"):
        arguments.append(f"--priority={_level(wanted['level'])}")
    if wanted.get("text"):
        arguments += ["--case-sensitive=no", f"--grep={literally(wanted['text'][:LONGEST_TEXT])}"]
    if wanted.get("since"):
        arguments.append(f"--since=@{_seconds('since', wanted['since'])}")
    if wanted.get("before"):
        arguments.append(f"--until=@{_seconds('before', wanted['before'])}")
    terms = matches(wanted.get("source", ""), services)
    if wanted.get("trace"):
        terms = [[f"TRACE_ID={_trace(wanted['trace'])}", *term] for term in terms]
    found, partial = _read(arguments, terms, limit + 1)
    return {"records": found[:limit], "more": len(found) > limit, "partial": partial}


def trace(identity: str) -> dict[str, Any]:
    """Every record of one trace, oldest first: `{trace_id, records, partial}`."""
    found, partial = _read([], [[f"TRACE_ID={_trace(identity)}"]], LONGEST_TRACE)
    return {"trace_id": identity, "records": found, "partial": partial}


def matches(source: str, services: Callable[[], Sequence[str]]) -> list[list[str]]:
    """Alternatives of journalctl's matches: any of the inner lists as a whole. Nobody waits for `services` in vain."""
    if not source:
        return [[]]
    if source in SOURCES:
        return [[match] for match in SOURCES[source]]
    if source not in (known := services()) or not _SERVICE.fullmatch(source):
        raise Problem(422, f"source: one of {', '.join((*known, *SOURCES))}")
    units = [f"longhouse-{source}{kind}@{colour}.service" for kind in ("", "-fleet") for colour in ("blue", "green")]
    return [[f"SERVICE={source}"], *([f"_SYSTEMD_UNIT={unit}"] for unit in units)]


def literally(text: str) -> str:
    """A pattern (PCRE2) that fits `text` as it stands."""
    return _NOT_A_WORD.sub(r"\\\1", text)


def _read(arguments: Sequence[str], terms: Sequence[Sequence[str]], most: int) -> tuple[list[dict[str, Any]], bool]:
    words = [word for term in terms for word in ("+", *term)][1:]
    command = [
        "journalctl", "--output=json", "--all", "--no-pager", "--quiet", f"--lines={most}", *arguments, *words,
    ]  # fmt: skip
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as error:
        raise SourceError(f"journalctl: {error}") from error
    with process:
        lines, whole = _lines(process, time.monotonic() + SECONDS)
        if not whole:
            process.kill()
        elif process.wait() and not lines:
            said = process.stderr.read(300).decode(errors="replace").strip() if process.stderr else ""
            if said:
                raise SourceError(f"journalctl: {said}")
    return [found for line in lines if (found := record(json.loads(line)))], not whole


def _lines(process: subprocess.Popen[bytes], until: float) -> tuple[list[bytes], bool]:
    """Whole lines up to the end or until `until`, and whether the end came."""
    assert process.stdout is not None  # noqa: S101 - asked for by whoever started it
    parts: list[bytes] = []
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while (left := until - time.monotonic()) > 0:
            if selector.select(left):
                part = process.stdout.read1(1 << 18)  # type: ignore[attr-defined]  # a BufferedReader
                if not part:
                    return b"".join(parts).splitlines(), True
                parts.append(part)
    *lines, _ = b"".join(parts).split(b"\n") if parts else [b""]
    return lines, False


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST:
        raise Problem(422, f"limit: 1 to {MOST}")
    return int(text)


def _level(text: str) -> str:
    if text not in tuple("01234567"):
        raise Problem(422, "level: 0 (worst) to 7")
    return text


def _trace(text: str) -> str:
    if not _TRACE.fullmatch(text):
        raise Problem(422, "trace: 32 lower-case hex digits, as in traceparent")
    return text


def _seconds(name: str, text: str) -> str:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e11:
        raise Problem(422, f"{name}: seconds since 1970")
    return f"{value:.6f}"
