"""Nothing that looks like a secret is in this repository: `python -m control.testing.secret_scan [FILE …]`.

Without files, all that Git knows. What counts is in `.config/secrets.json`, whose list of findings stays empty: a
line that only looks like one says so itself (`# pragma: allowlist secret`). Exit status 1 with each place otherwise.
"""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RULES = ".config/secrets.json"
# Other people's pages, and hashes by the thousand.
LEFT_OUT = re.compile(r"(^|/)(vendor/|requirements[^/]*\.txt$)")
PROCESSES = 2


def main(named: list[str]) -> int:
    """Exit status."""
    known = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    files = [path for path in named or known.split("\0") if path and not LEFT_OUT.search(path)]
    parts = [part for part in (files[start::PROCESSES] for start in range(PROCESSES)) if part]
    with ThreadPoolExecutor(PROCESSES) as pool:
        return max(pool.map(_scan, parts), default=0)


def _scan(files: list[str]) -> int:
    hook = str(Path(sys.executable).with_name("detect-secrets-hook"))
    return subprocess.run([hook, "--baseline", RULES, *files], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
