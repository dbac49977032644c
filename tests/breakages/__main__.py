"""Are the tests able to fail? `python -m tests.breakages FOLDER --host NAME`: breaks each promise on a sandbox host.

For each entry of `tests/FOLDER/breakages.toml`: break, run the tests that must fail, mend. Ends with all tests of the
folder on the mended host. What is broken `here` is this working tree: commit nothing meanwhile. Exit status 0 when
every test failed when it had to, and passed at the end.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

from tests.breakages.table import TESTS, Breakage, read
from tests.e2e.sandbox import Sandbox

ROOT = TESTS.parent
PRELUDE = (Path(__file__).parent / "prelude.sh").read_text()
KEPT_ON_HOST = "/root/kept"
# pytest's exit status; what is neither this nor 0 says that it could not run them.
TESTS_FAILED = 1

Shell = Callable[[str], None]


def main(argv: list[str]) -> int:
    """Exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.breakages", description=__doc__)
    parser.add_argument("folder", choices=sorted(path.parent.name for path in TESTS.glob("*/breakages.toml")))
    parser.add_argument("--host", required=True)
    parser.add_argument("--only", default="", help="just the entries with these words in what, or in a test's name")
    parser.add_argument("--begin", type=int, default=1, metavar="N", help="at the Nth of them")
    arguments = parser.parse_args(argv)
    sandbox = Sandbox.read(arguments.host)
    chosen = [entry for entry in read(arguments.folder) if arguments.only in " ".join([entry.what, *entry.fails])]
    complaints = 0
    with tempfile.TemporaryDirectory() as kept:
        for number, entry in list(enumerate(chosen, 1))[arguments.begin - 1 :]:
            shell = _here(sandbox, kept) if entry.here else _there(sandbox)
            found = _try(entry, arguments.folder, sandbox, shell)
            complaints += len(found)
            print(f"{number}/{len(chosen)} {'NOT SEEN' if found else 'seen    '} {entry.what}", flush=True)
            for line in found:
                print(f"    {line}", flush=True)
    left = [] if arguments.only else _passes(arguments.folder, sandbox, ())[1]
    for test in left:
        print(f"    fails on the mended host: {test}")
    print(f"{complaints} complaints, {len(left)} tests fail on the mended host")
    return 1 if complaints or left else 0


def _try(entry: Breakage, folder: str, sandbox: Sandbox, shell: Shell) -> list[str]:
    """What was not as it must be: tests that passed though they had to fail, lines that could not be run."""
    found = []
    try:
        shell(entry.broken)
        passed, failed = _passes(folder, sandbox, entry.fails)
        found += [f"did not fail: {test}" for test in entry.fails if not _failed_alone(test, passed, failed)]
    except (RuntimeError, subprocess.SubprocessError) as error:
        found.append(f"not broken: {error}")
    try:
        shell(entry.mended)
    except (RuntimeError, subprocess.SubprocessError) as error:
        found.append(f"not mended: {error}")
    return found


def _failed_alone(test: str, passed: list[str], failed: list[str]) -> bool:
    """Whether each of the test's cases that ran failed, and one did; `test[words]` means those with these words."""
    name, _, words = test.removesuffix("]").partition("[")
    meant = {case for case in [*passed, *failed] if case.partition("[")[0] == name and words in case}
    return bool(meant & {*failed}) and not meant & {*passed}


def _passes(folder: str, sandbox: Sandbox, tests: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Names of the tests of the folder (all without `tests`) that passed, and of those that did not."""
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        inventory = ("--connection=ansible", f"--ansible-inventory={sandbox.inventory}")
        chosen = sorted({f"tests/{folder}/{test.partition('[')[0]}" for test in tests}) or [f"tests/{folder}"]
        words = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report.name}", *chosen]
        environment = os.environ | {"LONGHOUSE_HOST": sandbox.name}
        command = [*words, *(inventory if folder == "host" else ())]
        done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
        if done.returncode not in {0, TESTS_FAILED}:
            raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        cases = list(ElementTree.parse(report.name).iter("testcase"))  # noqa: S314  (our own file)
    # A test that fails and leaves something behind has two entries.
    failed = {_name(case) for case in cases if _failed(case)}
    return sorted({*map(_name, cases)} - failed), sorted(failed)


def _name(case: ElementTree.Element) -> str:
    return f"{case.get('classname', '').rpartition('.')[2]}.py::{case.get('name')}"


def _failed(case: ElementTree.Element) -> bool:
    """Whether the test itself complained: what is found when a whole run is over would make its last test fail."""
    return any("on teardown" not in complaint.get("message", "") for complaint in case)


def _there(sandbox: Sandbox) -> Shell:
    def run(lines: str) -> None:
        script = f"KEPT={KEPT_ON_HOST}\n{PRELUDE}\n{lines}\n"
        done = subprocess.run(
            [*sandbox.ssh, "bash -s"], input=script, capture_output=True, text=True, check=False, timeout=300
        )
        if done.returncode:
            raise RuntimeError(f"{lines}\n{done.stdout}{done.stderr}")

    return run


def _here(sandbox: Sandbox, kept: str) -> Shell:
    environment = os.environ | {"KEPT": kept, "LONGHOUSE_HOST": sandbox.name}

    def run(lines: str) -> None:
        subprocess.run(["bash", "-c", f"{PRELUDE}\n{lines}"], cwd=ROOT, env=environment, check=True)

    return run


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
