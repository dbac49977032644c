"""A host whose backups go to a store on another host, and how it is lost and replaced."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from tests.convergence.site import Run, SandboxHost, play
from tests.e2e.sandbox import ROOT, Sandbox
from tests.e2e.waiting import eventually

AUTHORITY = "/etc/ssl/longhouse-store.pem"
# Seconds for a whole site from a plain host, on a machine that does much else.
PATIENCE = 3600
HOSTS = ROOT / ".longhouse" / "hosts"
# What people keep of a host: the secrets of its inventory and the authority behind its certificate.
KEPT = ("inventory/group_vars/all/secrets.yml", "ca")


class Ground:
    """Host `name` and host `<name>-store`; both must be booted."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.store = SandboxHost.read(f"{name}-store")

    @property
    def sandbox(self) -> Sandbox:
        """Read each time: a replaced host has another address."""
        return Sandbox.read(self.name)

    def run(self, command: str) -> str:
        return self.sandbox.run(command)

    def play(self, playbook: str, *arguments: str) -> Run:
        """Run a playbook against the host, with its backups in the store; it must succeed."""
        done = self.play_anyway(playbook, *arguments)
        assert done.status == 0, done.output[-6000:]
        return done

    def play_anyway(self, playbook: str, *arguments: str) -> Run:
        """The same, whatever comes of it."""
        chosen = ("-e", json.dumps({"platform_backup_store": self.backup_store()}))
        return play(SandboxHost.read(self.name), *chosen, *arguments, playbook=playbook, patience=PATIENCE)

    def backup_store(self) -> dict[str, Any]:
        address = json.loads((HOSTS / f"{self.store.name}.json").read_text())["address"]
        return {
            "endpoint": address, "port": 9000, "bucket": "longhouse", "path_style": True, "ca_file": AUTHORITY,
        }  # fmt: skip

    def trust_the_store(self) -> None:
        """A store in production has a certificate every host trusts; this one vouches for itself."""
        certificate = self.store.run("cat /etc/longhouse-objectstore/certificate.pem")
        self.run(f"cat > {AUTHORITY} <<'END'\n{certificate}END")

    def prepare(self) -> None:
        """The store, and the whole site with its backups there."""
        done = play(self.store, playbook="tests/backups/store.yml")
        assert done.status == 0, done.output[-6000:]
        self.trust_the_store()
        self.play("site.yml")

    def lose_and_replace(self) -> None:
        """The host is gone with all it held; a plain one takes its name, with what people kept of the inventory."""
        with tempfile.TemporaryDirectory() as folder:
            saved, place = Path(folder), HOSTS / self.name
            for name in KEPT:
                (saved / name).parent.mkdir(parents=True, exist_ok=True)
                source = place / name
                shutil.copytree(source, saved / name) if source.is_dir() else shutil.copy2(source, saved / name)
            _longhouse("down", "--host", self.name)
            shutil.copytree(saved, place, dirs_exist_ok=True)
            _longhouse("boot", "--host", self.name)

    def await_archived(self) -> None:
        """Until everything that is committed now has reached the store, by its own pace (a minute at most)."""
        segment = self.sql("postgres", "SELECT pg_walfile_name(pg_current_wal_insert_lsn())")
        last = "SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver"
        eventually(lambda: self.sql("postgres", last) >= segment, within=180, what=f"archived {segment}")

    def sql(self, database: str, question: str) -> str:
        return self.run(f'runuser -u postgres -- psql -XqAtc "{question}" {database}').strip()


def _longhouse(*words: str) -> None:
    subprocess.run([str(ROOT / "longhouse"), *words], cwd=ROOT, check=True, timeout=300)
