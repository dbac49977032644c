"""The process behind a running host: `python -m control.sandbox.keeper NAME`, started by control.sandbox.host.

It lives in its own mount namespace and control group, so when it dies nothing of it stays mounted. It boots the host,
boots it again when the host asks for a reboot, gives each boot's fresh veth its address, and ends with the host.
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

_REBOOT = 133  # systemd-nspawn --keep-unit leaves the reboot to its caller
_LINK_PATIENCE = 20.0


def main(name: str) -> int:
    folder = HostFolder(name)
    record = Record.load(folder)
    with (folder.root / "keeper.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return 0  # another keeper has this host already
        cgroup.enter(machine_name(name))
        disk.assemble(folder, record.image)
        status = _REBOOT
        while status == _REBOOT:
            status = _boot_once(folder, record)
        print(f"keeper: the host ended with status {status}", flush=True)
        return status


def _boot_once(folder: HostFolder, record: Record) -> int:
    # pdeathsig: a keeper that is killed takes its host with it instead of leaving it without a way to be found.
    command = ["setpriv", "--pdeathsig", "KILL", "systemd-nspawn", f"--directory={folder.mount}", "--boot", "--quiet"]
    command += [
        "--register=no",
        "--keep-unit",
        "--network-veth",
        "--resolv-conf=off",
        "--timezone=off",
        "--settings=no",
    ]
    command += ["--link-journal=no", f"--machine={machine_name(folder.name)}", f"--hostname={folder.name}"]
    environment = {**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment) as nspawn:
        processes = {"keeper": Process.of(os.getpid()), "nspawn": Process.of(nspawn.pid)}
        pending = folder.keeper.with_suffix(".new")
        pending.write_text(json.dumps({role: asdict(process) for role, process in processes.items() if process}))
        pending.rename(folder.keeper)
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
    sys.exit(main(sys.argv[1]))
