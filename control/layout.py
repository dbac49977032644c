"""Where things are: the repository, and `.longhouse/`, which holds everything this machine made and may lose."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
STATE = Path(os.environ.get("LONGHOUSE_STATE", REPOSITORY / ".longhouse")).resolve()
IMAGES = STATE / "images"
HOSTS = STATE / "hosts"
PACKAGES = STATE / "packages"

# Outside the repository on purpose: two clones on one machine share its addresses, routes and nft rules.
MACHINE = Path("/run/longhouse-sandbox")


@dataclass(frozen=True)
class HostFolder:
    """Every path that belongs to one sandbox host; `.longhouse/hosts/<name>/` and the contract file beside it."""

    name: str

    @property
    def root(self) -> Path:
        return HOSTS / self.name

    @property
    def contract(self) -> Path:
        """What other programs read about the host (docs: the shape is promised)."""
        return HOSTS / f"{self.name}.json"

    @property
    def record(self) -> Path:
        return self.root / "sandbox.json"

    @property
    def keeper(self) -> Path:
        return self.root / "keeper.json"

    @property
    def boot_log(self) -> Path:
        return self.root / "boot.log"

    @property
    def ansible_log(self) -> Path:
        return self.root / "ansible.log"

    @property
    def key(self) -> Path:
        return self.root / "ssh_key"

    @property
    def known_hosts(self) -> Path:
        return self.root / "known_hosts"

    @property
    def inventory(self) -> Path:
        return self.root / "inventory"

    @property
    def authority(self) -> Path:
        """Folder of the host's own CA: ca.pem and ca.key."""
        return self.root / "ca"

    @property
    def admin_password(self) -> Path:
        return self.root / "admin_password"

    @property
    def disk(self) -> Path:
        """What the host wrote: the upper layer over its image."""
        return self.root / "disk"

    @property
    def seed(self) -> Path:
        """Layer of Debian packages that other hosts downloaded before."""
        return self.root / "seed"

    @property
    def mount(self) -> Path:
        return self.root / "root"
