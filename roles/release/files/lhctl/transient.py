"""Runs a command under a systemd unit of its own, so that a dropped ssh session never leaves half a release."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lhctl.events import describe
from lhctl.layout import Layout

PROGRAM = "/usr/local/bin/lhctl"


def run_detached(arguments: Sequence[str], layout: Layout, *, progress: bool) -> tuple[int, dict[str, Any]]:
    """Start `lhctl ARGUMENTS --foreground` as a unit, show its events while it runs, return its status and result."""
    name = f"lhctl-{arguments[0]}-{os.getpid()}-{int(time.time())}"
    layout.results.mkdir(mode=0o700, parents=True, exist_ok=True)
    result = layout.results / f"{name}.json"
    begin = layout.events.stat().st_size if layout.events.exists() else 0
    unit = subprocess.Popen(
        ["systemd-run", "--quiet", "--wait", "--collect", f"--unit={name}", "--property=OOMScoreAdjust=-500",
         PROGRAM, arguments[0], "--foreground", "--result", str(result), "--run", name, *arguments[1:]]
    )  # fmt: skip
    try:
        while unit.poll() is None:
            begin = _show(layout.events, begin, name) if progress else begin
            time.sleep(0.05)
        if progress:
            _show(layout.events, begin, name)
        return unit.returncode, _read(result) or {"refused": _last_words(name)}
    finally:
        result.unlink(missing_ok=True)


def _last_words(name: str) -> str:
    """What a run said that died without a result."""
    command = ["journalctl", "--unit", name, "--lines", "15", "--no-pager", "--quiet", "--output", "cat"]
    log = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return f"the run died; the next one goes on or takes back. journalctl -u {name}:\n{log}"


def _show(events: Path, begin: int, run: str) -> int:
    if not events.exists():
        return begin
    with events.open("rb") as file:
        file.seek(begin)
        content = file.read()
    whole = content[: content.rfind(b"\n") + 1]
    for line in whole.splitlines():
        event = json.loads(line)
        if event["run"] == run:
            sys.stderr.write(describe(event) + "\n")
    return begin + len(whole)


def _read(result: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(result.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return {}
