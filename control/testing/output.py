"""A test program's output: shown as it comes, and what it says has failed kept for the end of the run."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, cast

# pytest's short summary, and the fault suite's line of a schedule.
_FAILURE = re.compile(r"(\d+/\d+ +\d+ s  )?(FAILED|ERROR|BROKEN|late ) ?\S")
_COLOUR = re.compile(rb"\x1b\[[0-9;]*m")
_LONGEST = 300
_LAST_WORDS = 30  # lines
_PAUSE = 0.2  # seconds


def shown(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> tuple[int, list[str]]:
    """Run a program in `folder`, its standard output passed on byte by byte; its exit status and its failures.

    A failure is one line, cut off after 300 characters. A program that fails without such a line is quoted with its
    last 30 ones. Standard error belongs to the output, but on a terminal, where a spinner stays one.
    """
    sys.stdout.flush()
    failures: list[str] = []
    last_words: deque[str] = deque(maxlen=_LAST_WORDS)
    begun = b""
    with subprocess.Popen(
        words, cwd=folder, env={**environment, **_terminal()},
        stdout=subprocess.PIPE, stderr=None if sys.stderr.isatty() else subprocess.STDOUT,
    ) as program:  # fmt: skip
        pipe = cast("IO[bytes]", program.stdout)
        while chunk := _next(pipe, program):
            sys.stdout.buffer.write(chunk)
            sys.stdout.flush()
            *lines, begun = (begun + chunk).split(b"\n")
            plain = [_COLOUR.sub(b"", line).decode(errors="replace")[:_LONGEST] for line in lines]
            failures += [line for line in plain if _FAILURE.match(line)]
            last_words.extend(plain)
    return program.returncode, failures or (list(last_words) if program.returncode else [])


def _next(pipe: IO[bytes], program: subprocess.Popen[bytes]) -> bytes:
    """What came, or nothing at the end: of the output, or of the program when what it left running holds the pipe."""
    while not select.select([pipe], [], [], _PAUSE)[0]:
        if program.poll() is not None:
            return b""
    return os.read(pipe.fileno(), 65536)


def _terminal() -> dict[str, str]:
    """A program that writes to a pipe would take it that nobody watches, and that its lines end at 80 characters."""
    if not sys.stdout.isatty():
        return {"COLUMNS": str(_LONGEST)}
    return {} if "NO_COLOR" in os.environ else {"FORCE_COLOR": "1"}
