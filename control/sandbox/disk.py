"""A host's disk: its own writable layer over kept packages and the image, and what is written there before it boots."""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from pathlib import Path

from control.layout import HostFolder
from control.sandbox import image, packages
from control.sandbox.addresses import Link

_NETWORK = """\
# Written by ./longhouse: the host's end of the link to the machine it lives on.
[Match]
Name=host0

[Link]
MTUBytes={mtu}

[Network]
Address={link.address}/30
Gateway={link.gateway}
LinkLocalAddressing=no
IPv6AcceptRA=no
LLDP=no
"""


def prepare(folder: HostFolder, link: Link, *, mtu: int, resolv_conf: str) -> None:
    """Give the disk its identity (keys, names, network). Safe to repeat on a disk that has run: identity stays."""
    if not folder.seed.exists():
        packages.seed(folder.seed)
    _make_key(folder.key, comment=f"longhouse-{folder.name}")
    host_key = folder.root / "ssh_host_key"
    _make_key(host_key, comment=folder.name)
    public, host_public = (path.with_suffix(".pub").read_text() for path in (folder.key, host_key))
    folder.known_hosts.write_text(f"{link.address} {host_public}")

    _write(folder.disk / "etc/ssh/ssh_host_ed25519_key", host_key.read_text(), mode=0o600)
    _write(folder.disk / "etc/ssh/ssh_host_ed25519_key.pub", host_public)
    _write(folder.disk / "root/.ssh/authorized_keys", public, mode=0o600, folder_mode=0o700)
    (folder.disk / "root").chmod(0o700)
    _write(folder.disk / "etc/hostname", f"{folder.name}\n")
    _write(folder.disk / "etc/hosts", f"127.0.0.1 localhost\n127.0.1.1 {folder.name}\n::1 localhost ip6-localhost\n")
    _write(folder.disk / "etc/resolv.conf", resolv_conf)
    _write(folder.disk / "etc/systemd/network/10-host0.network", _NETWORK.format(link=link, mtu=mtu))
    machine_id = folder.disk / "etc/machine-id"
    if not machine_id.exists():
        _write(machine_id, f"{uuid.uuid4().hex}\n", mode=0o444)


def assemble(folder: HostFolder, image_name: str) -> None:
    """Mount the layers at `folder.mount`; called where the mount can be private to the caller.

    Where the file system cannot carry an overlay (one overlay on another, for instance) the disk becomes a full copy.
    """
    lower = image.root_of(image_name)
    work = folder.root / "work"
    for path in (folder.mount, work, folder.disk):
        path.mkdir(parents=True, exist_ok=True)
    options = f"lowerdir={folder.seed}:{lower},upperdir={folder.disk},workdir={work}"
    mounted = subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, str(folder.mount)], check=False)
    if mounted.returncode == 0:
        return
    copied = folder.root / "copied"
    if not copied.exists():
        for layer in (lower, folder.seed, folder.disk):
            subprocess.run(["cp", "--archive", "--reflink=auto", f"{layer}/.", str(folder.mount)], check=True)
        copied.touch()


def discard(folder: HostFolder) -> None:
    """Remove the host's folder with everything in it."""
    shutil.rmtree(folder.root)


def _make_key(path: Path, comment: str) -> None:
    if not path.exists():
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def _write(path: Path, text: str, mode: int = 0o644, folder_mode: int = 0o755) -> None:
    if not path.parent.exists():
        path.parent.mkdir(parents=True)
        path.parent.chmod(folder_mode)
    path.touch(mode=0o600)
    path.write_text(text)
    os.chmod(path, mode)
