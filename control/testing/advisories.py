"""Known vulnerabilities of everything that is locked, by pip-audit: `python -m control.testing.advisories`.

pip-audit says "no known vulnerabilities" as well when its source knows no package at all (behind an index that holds
files alone, say). So it is first asked for a release that has some; when it knows of none, the answer is a warning
that nothing was asked. Exit status 1 for a finding, or a package that the source does not know.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LOCKS = (
    "requirements.txt",
    "services/requirements.txt",
    "services/requirements-test.txt",
    "control/artifacts/build-requirements.txt",
)
# CVE-2019-10906, CVE-2024-56201 and more.
VULNERABLE = "jinja2==2.10\n"
NOT_REACHED = "WARNING: not asked for vulnerabilities: the source of advisories is not reached from here"

Dependency = dict[str, Any]


def main() -> int:
    """Exit status."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as canary:
        canary.write(VULNERABLE)
        canary.flush()
        reached = any(dependency.get("vulns") for dependency in audit(canary.name, "--no-deps"))
    if not reached:
        print(NOT_REACHED, file=sys.stderr)
        return 0
    found = [f"{lock}: {line}" for lock in LOCKS for line in findings(audit(lock, "--require-hashes"))]
    print("\n".join([*found, f"{len(found)} findings in {len(LOCKS)} locks"]))
    return 1 if found else 0


def audit(requirements: str, *options: str) -> list[Dependency]:
    """What pip-audit says of each package: ``{"name", "version", "vulns": [{"id", "fix_versions"}]}`` or
    ``{"name", "skip_reason"}``; nothing when it says nothing."""
    program = str(Path(sys.executable).with_name("pip-audit"))
    fixed = ("--disable-pip", "--format=json", "--progress-spinner=off")
    words = [program, "--requirement", requirements, *options, *fixed]
    done = subprocess.run(words, cwd=ROOT, check=False, capture_output=True, text=True)
    if not done.stdout.startswith("{"):
        print(done.stderr[-2000:], file=sys.stderr)
        return []
    told: list[Dependency] = json.loads(done.stdout)["dependencies"]
    return told


def findings(dependencies: Iterable[Dependency]) -> Iterator[str]:
    """A line for each vulnerability, and for each package that nobody could say anything about."""
    for dependency in dependencies:
        if "skip_reason" in dependency:
            yield f"{dependency['name']}: {dependency['skip_reason']}"
        for flaw in dependency.get("vulns", []):
            mended = ", ".join(flaw["fix_versions"]) or "nothing yet"
            yield f"{dependency['name']} {dependency['version']}: {flaw['id']}, mended in {mended}"


if __name__ == "__main__":
    sys.exit(main())
