"""What no file of the project contains."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.unit.plugins import ROOT

# Written in halves, so that this file passes its own test.
FORBIDDEN = {
    "a path of one machine": re.compile(
        "|".join(["/wo" + r"rk/\w", "/var/tm" + "p/lh", "/home/" + r"\w+/", "/Us" + "ers/"])
    ),
    "a package registry": re.compile("|".join(["py" + r"pi\.org", "pythonho" + r"sted\.org", "registry\\.np" + "mjs"])),
    "an unfinished thought": re.compile(r"\b(TO" + r"DO|FIX" + r"ME)\b"),
    "a test switched off": re.compile(r"pytest\.(mark\.)?(sk" + "ip|xf" + r"ail|importors" + r"kip)"),
}
TEXT = {
    ".py",
    ".yml",
    ".yaml",
    ".md",
    ".j2",
    ".toml",
    ".cfg",
    ".ini",
    ".sh",
    ".txt",
    ".in",
    ".conf",
    ".inc",
    ".json",
    "",
}


def files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    paths = (ROOT / name for name in listed)
    return [path for path in paths if path.is_file() and not path.is_symlink() and path.suffix in TEXT]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_tree_is_free_of(what: str) -> None:
    pattern = FORBIDDEN[what]
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in files()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]
    assert found == []


def test_python_files_stay_short() -> None:
    """A longer file has more than one reason to change; tests may take a little more."""
    long = {
        str(path.relative_to(ROOT)): count
        for path in files()
        if path.suffix == ".py"
        and (count := len(path.read_text(encoding="utf-8").splitlines())) > (300 if "tests" in path.parts else 250)
    }
    assert long == {}
