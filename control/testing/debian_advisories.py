"""Known vulnerabilities of Debian's packages on a provisioned host: `python -m control.testing.debian_advisories HOST`.

The host's own program asks, as it does every night in production, and here in any case Debian itself. When nobody
answers, a warning says that nothing was asked. Exit status 1 for each vulnerability that Debian has mended and the
host does not have so; what Debian has not mended yet is counted, and no failure: nobody could install it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from control.testing.advisories import NOT_REACHED
from control.testing.services_on_host import Host

PROGRAM = "/usr/bin/python3 -I /usr/local/lib/longhouse/longhouse_vulnerabilities.py"
# What that program says begins so.
NOT_ASKED, MISSING = "not asked for known vulnerabilities: ", "mended by Debian and not here: "
UPGRADE = "upgrades bring them: ./longhouse ssh --host {} -- 'apt-get update && lhctl upgrade -- apt-get upgrade --yes'"


def main(host: str) -> int:
    """Exit status."""
    return judge(host, *ask(Host(host).ssh))


def ask(ssh: Sequence[str]) -> tuple[int, str, str]:
    """Exit status, output and errors of the program on the host; what it keeps there of the last night stays."""
    command = f'folder=$(mktemp -d); {PROGRAM} --folder "$folder"; status=$?; rm -r "$folder"; exit $status'
    done = subprocess.run([*ssh, command], check=False, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def judge(host: str, status: int, output: str, errors: str) -> int:
    """Exit status of the suite for those of the program, with words to go with it."""
    if status != 0 and NOT_ASKED in errors:
        print(f"{NOT_REACHED}\n{errors.strip()}", file=sys.stderr)
        return 0
    print((output + errors).strip())
    missing = sum(line.startswith(MISSING) for line in output.splitlines())
    if missing:
        print(UPGRADE.format(host))
    return 1 if status != 0 or missing else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
