"""The process behind a running host: `python -m control.sandbox.keeper NAME`, started by control.sandbox.host.

Its first half takes the host's lock, enters the host's control group, records itself and becomes `unshare`, which runs
the second half as the first process of its own process and mount namespaces: whatever kills either half, the kernel
ends the whole host with it and nothing stays mounted. The second half boots the host, boots it again when the host
asks for a reboot, gives each boot's fresh veth its address, and ends with the host.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict

from control.layout import HostFolder
from control.processes import Process
from control.sandbox import cgroup, disk
from control.sandbox.names import interface, machine_name
from control.sandbox.record import Record

_INSIDE = "--inside"
_NAMESPACES = ("--mount", "--propagation", "slave", "--pid", "--fork", "--kill-child", "--mount-proc")
_REBOOT = 133  # systemd-nspawn --keep-unit leaves the reboot to its caller
_LINK_PATIENCE = 20.0


def become(name: str) -> None:
    """First half: does not return, except when another keeper has the host already."""
    folder = HostFolder(name)
    lock = os.open(folder.root / "keeper.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    os.set_inheritable(lock, True)  # held until the last half has ended
    cgroup.enter(machine_name(name))
    keeper = Process.of(os.getpid())
    if keeper is None:
        raise RuntimeError("/proc does not list this process")
    pending = folder.keeper.with_suffix(".new")
    pending.write_text(json.dumps(asdict(keeper)))
    pending.rename(folder.keeper)
    second = [sys.executable, "-P", "-m", "control.sandbox.keeper", _INSIDE, name]
    os.execvp("unshare", ["unshare", *_NAMESPACES, *second])  # noqa: S606  (a list of words, no shell wanted)


def keep(name: str) -> int:
    """Second half: the host's status when it ended by itself."""
    folder = HostFolder(name)
    record = Record.load(folder)
    disk.assemble(folder, record.image)
    status = _REBOOT
    while status == _REBOOT:
        status = _boot_once(folder, record)
    print(f"keeper: the host ended with status {status}", flush=True)
    return status


def _boot_once(folder: HostFolder, record: Record) -> int:
    command = ["systemd-nspawn", f"--directory={folder.mount}", "--boot", "--quiet", "--register=no", "--keep-unit"]
    command += ["--network-veth", "--resolv-conf=off", "--timezone=off", "--link-journal=no", "--settings=no"]
    command += [f"--machine={machine_name(folder.name)}", f"--hostname={folder.name}"]
    # keeper.lock guards the disk already, and ends with its holder; nspawn's own lock files would stay behind.
    environment = {**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1", "SYSTEMD_NSPAWN_LOCK": "0"}
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment) as nspawn:
        _bring_up_link(folder.name, record, nspawn)
        return nspawn.wait()


def _bring_up_link(name: str, record: Record, nspawn: subprocess.Popen[bytes]) -> None:
    """The host configures its own end; this end is new with every boot."""
    link = interface(name)
    deadline = time.monotonic() + _LINK_PATIENCE
    while not os.path.exists(f"/sys/class/net/{link}"):
        if nspawn.poll() is not None or time.monotonic() > deadline:
            print(f"keeper: {link} did not appear", flush=True)
            return
        time.sleep(0.01)
    for command in (
        ["ip", "address", "replace", f"{record.link.gateway}/30", "dev", link],
        ["ip", "link", "set", "dev", link, "mtu", str(record.mtu), "up"],
    ):
        subprocess.run(command, check=True)


if __name__ == "__main__":
    if sys.argv[1] == _INSIDE:
        sys.exit(keep(sys.argv[2]))
    become(sys.argv[1])
