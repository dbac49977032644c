"""The services' whole test suites on a sandbox host: its Python, its PostgreSQL, Redis and RabbitMQ.

Nothing is fetched on the host: sources and wheels travel there, as they do for a release.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from control.artifacts.dependencies import WheelStore
from control.artifacts.lock import Lock
from control.artifacts.model import Target

ROOT = Path(__file__).resolve().parents[2]
PLACE = "/opt/longhouse-test"
LOCKS = ("services/requirements.txt", "services/requirements-test.txt")
PACKAGES = ("chassis", "contracts", "user-service", "order-service", "notification-service")


class Host:
    """A provisioned sandbox host, reached the way its record says."""

    def __init__(self, name: str) -> None:
        record = json.loads((ROOT / ".longhouse" / "hosts" / f"{name}.json").read_text())
        self.ssh: list[str] = record["ssh"]

    def run(self, command: str, *, text: str | None = None) -> str:
        """Run a shell command as root; its errors are shown, its output is returned."""
        words = [*self.ssh, command]
        return subprocess.run(words, check=True, input=text, stdout=subprocess.PIPE, text=True).stdout

    def show(self, command: str) -> int:
        """Run a shell command as root with its output shown live; returns its exit status."""
        return subprocess.run([*self.ssh, command], check=False).returncode

    def send(self, source: Path, destination: str, *options: str) -> None:
        *ssh, target = self.ssh
        words = ["rsync", "-a", *options, "-e", " ".join(ssh), str(source), f"{target}:{destination}"]
        subprocess.run(words, check=True)


def send_everything(host: Host) -> None:
    store = WheelStore(ROOT / "dist" / "wheels", Target(), lambda line: print(f"   {line}", flush=True))
    wheels = [item.wheel.file for lock in LOCKS for item in store.locked(Lock(ROOT / lock, Target())).values()]
    host.run(f"mkdir -p {PLACE}/wheels")
    with tempfile.NamedTemporaryFile("w", suffix=".list") as listing:
        listing.write("\n".join(sorted(set(wheels))))
        listing.flush()
        host.send(Path(f"{store.folder}/"), f"{PLACE}/wheels/", f"--files-from={listing.name}")
    host.send(ROOT / "services", PLACE, "--delete", "--exclude=__pycache__", "--exclude=.*_cache")


def make_environment(host: Host) -> None:
    """A virtual environment with what the services run on and what their tests need; a changed lock makes it anew."""
    requirements = " ".join(f"-r {PLACE}/{lock}" for lock in LOCKS)
    host.run(
        f"cd {PLACE} && cat {' '.join(LOCKS)} | sha256sum > wanted && if ! cmp -s wanted installed; then"
        f" /opt/longhouse/bin/uv venv -q --clear --python /usr/bin/python3 venv"
        f" && /opt/longhouse/bin/uv pip install -q --python venv/bin/python --offline --no-index"
        f" --find-links wheels --require-hashes {requirements} && cp wanted installed; fi"
    )


def make_tenant(host: Host) -> None:
    """The tests' own user, database role, virtual host and Redis user; their secrets stay in a root-owned file."""
    script = (ROOT / "tests" / "services" / "prepare_host.py").read_text()
    sources = ":".join(f"{PLACE}/services/{package}/src" for package in PACKAGES)
    host.run(
        f"umask 077; (python3 - && echo PYTHONPATH={sources} && echo PATH={PLACE}/venv/bin:/usr/bin:/bin"
        f" && echo PYTHONDONTWRITEBYTECODE=1 && echo HOME=/home/longhouse_test) > {PLACE}/environment"
        f" && chown -R longhouse_test {PLACE}/services",
        text=script,
    )


def main(name: str) -> int:
    host = Host(name)
    send_everything(host)
    make_environment(host)
    make_tenant(host)
    failed = []
    # As wide as here: its last lines say what failed, as far as there is room.
    columns = os.environ.get("COLUMNS", "80")
    for package in PACKAGES:
        print(f"-- {package}", flush=True)
        status = host.show(
            f"set -a; COLUMNS={columns}; . {PLACE}/environment; set +a; cd {PLACE}/services/{package}"
            " && setpriv --reuid longhouse_test --regid longhouse_test --init-groups"
            " python -m pytest -q --no-header -p no:cacheprovider tests"
        )
        if status != 0:
            failed.append(package)
    if failed:
        print(f"failed: {', '.join(failed)}; the sources are in {PLACE}/services on the host", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
