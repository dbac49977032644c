"""A sandbox host's life: boot it or find it running, wait until it serves ssh, remove it without a trace."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from control import layout
from control.errors import FailedError, RefusedError
from control.layout import HostFolder
from control.locking import locked
from control.processes import Process
from control.progress import Report
from control.sandbox import addresses, cgroup, claims, disk, image, packages, routing, shell, uplink
from control.sandbox.names import checked, interface, machine_name
from control.sandbox.record import Record, all_records

_START_PATIENCE = 30.0
_END_PATIENCE = 20.0
_NSPAWN_PROPAGATION = Path("/run/systemd/nspawn/propagate")


def boot(name: str, report: Report) -> Record:
    """Boot the host, or find it running; returns when systemd inside has finished starting and ssh answers.

    Safe to repeat, also after a call that was killed half way or a machine that was switched off: the disk is kept.
    """
    folder = HostFolder(checked(name))
    if os.geteuid() != 0:
        raise RefusedError("booting a host needs root: sudo ./longhouse …")
    with locked(folder.root):
        folder.root.chmod(0o700)  # keys and secrets live in there
        record = _existing(folder) or _new(folder, report)
        if not running(name):
            report("booting")
            disk.prepare(folder, record.link, mtu=record.mtu, resolv_conf=uplink.resolv_conf())
            routing.open_for(record.link.address)
            _start_keeper(folder)
        shell.wait_until_ready(folder, record, lambda: running(name), report)
    return record


def remove(name: str, report: Report) -> bool:
    """End the host's processes and remove all it left; False when there was no such host."""
    folder = HostFolder(checked(name))
    if not folder.root.exists():
        folder.contract.unlink(missing_ok=True)
        return False
    with locked(folder.root):
        report(f"stopping {name}")
        shell.end_sessions(folder)
        _stop(folder)
        if folder.record.exists():
            routing.close_for(Record.load(folder).link.address)
        packages.harvest(folder.disk)
        folder.contract.unlink(missing_ok=True)
        disk.discard(folder)
    return True


def running(name: str) -> bool:
    keeper = _keeper(HostFolder(name))
    return keeper is not None and keeper.alive()


def names() -> list[str]:
    """Every host that has left something, running or not."""
    return sorted(path.name for path in layout.HOSTS.iterdir() if path.is_dir()) if layout.HOSTS.is_dir() else []


def _existing(folder: HostFolder) -> Record | None:
    if not folder.record.exists():
        return None
    record = Record.load(folder)
    if not image.root_of(record.image).is_dir():
        raise RefusedError(
            f"the image under host {record.name} is gone: ./longhouse down --host {record.name}, then up"
        )
    return record


def _new(folder: HostFolder, report: Report) -> Record:
    image_name = image.ensure(report)
    with locked(layout.MACHINE):  # no two calls, also of two clones, may choose the same network
        pool = addresses.pool_from(uplink.default_network())
        taken = [*uplink.networks(), *(record.link.network for record in all_records()), *claims.claimed()]
        link = addresses.choose(pool, taken)
        record = Record(name=folder.name, image=image_name, link=link, mtu=uplink.mtu())
        record.save(folder)
        claims.claim(link.network, folder.record)
    return record


def _start_keeper(folder: HostFolder) -> None:
    folder.keeper.unlink(missing_ok=True)
    environment = {**os.environ, "PYTHONPATH": str(layout.REPOSITORY), "LONGHOUSE_STATE": str(layout.STATE)}
    with folder.boot_log.open("ab") as log:
        keeper = subprocess.Popen(  # outlives this call on purpose; keeper.json leads back to it
            [sys.executable, "-P", "-m", "control.sandbox.keeper", folder.name],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=environment,
            cwd="/",
        )
    deadline = time.monotonic() + _START_PATIENCE
    while not folder.keeper.exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            raise shell.boot_failure(folder, "the host did not start")
        time.sleep(0.02)


def _stop(folder: HostFolder) -> None:
    keeper = _keeper(folder)
    if keeper is not None and keeper.alive():
        # The host's own init first: nspawn then tidies up after itself. The kernel ends whatever does not follow.
        for init in _inits(keeper):
            init.kill()
        if not keeper.gone_within(_END_PATIENCE / 4):
            keeper.kill()
        if not keeper.gone_within(_END_PATIENCE):
            raise FailedError(f"process {keeper.pid} of host {folder.name} does not end", hint="./longhouse down again")
    folder.keeper.unlink(missing_ok=True)
    machine = machine_name(folder.name)
    subprocess.run(["ip", "link", "delete", interface(folder.name)], capture_output=True, check=False)
    cgroup.remove(machine)
    for left in (layout.MACHINE / machine, _NSPAWN_PROPAGATION / machine):
        shutil.rmtree(left, ignore_errors=True)


def _inits(keeper: Process) -> list[Process]:
    """Host's init as seen from here: keeper (unshare) -> its second half -> systemd-nspawn -> init."""
    generation = [keeper]
    for _ in range(3):
        generation = [child for process in generation for child in process.children()]
    return generation


def _keeper(folder: HostFolder) -> Process | None:
    try:
        return Process(**json.loads(folder.keeper.read_text()))
    except FileNotFoundError:
        return None
