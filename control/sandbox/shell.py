"""ssh to a sandbox host: with its own key, against its recorded host key, never through somebody's configuration."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable

from control import layout
from control.errors import FailedError
from control.layout import HostFolder
from control.progress import Report
from control.sandbox.names import machine_name
from control.sandbox.record import Record

_BOOT_PATIENCE = 90.0
_LOG_TAIL = 20


def options(folder: HostFolder) -> list[str]:
    """Options of ssh that name the key and the only host key to be believed."""
    return [
        "-F", "none",
        "-i", str(folder.key),
        "-o", "IdentitiesOnly=yes",
        "-o", "StrictHostKeyChecking=yes",
        "-o", f"UserKnownHostsFile={folder.known_hosts}",
        "-o", "GlobalKnownHostsFile=none",
    ]  # fmt: skip


def command(folder: HostFolder, record: Record) -> list[str]:
    return ["ssh", *options(folder), f"root@{record.link.address}"]


def wait_until_ready(folder: HostFolder, record: Record, running: Callable[[], bool], report: Report) -> None:
    """Until systemd on the host has finished starting; FailedError with the log's tail after 90 s or when it ended."""
    probe = command(folder, record)
    probe[1:1] = ["-o", "ConnectTimeout=2", "-o", "LogLevel=ERROR", "-o", "BatchMode=yes"]
    deadline = time.monotonic() + _BOOT_PATIENCE
    answer = "no answer on ssh"
    while time.monotonic() < deadline:
        if not running():
            raise boot_failure(folder, "the host ended while it was starting")
        if not _listens(record.link.address):
            continue
        probed = subprocess.run(
            [*probe, "systemctl is-system-running --wait"],
            capture_output=True, text=True, check=False, timeout=_BOOT_PATIENCE, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        answer = (probed.stdout or probed.stderr).strip() or answer
        if answer in {"running", "degraded"}:
            return
        report(f"waiting for the host: {answer.splitlines()[-1]}")
        time.sleep(0.05)
    raise boot_failure(folder, f"the host is not ready after {_BOOT_PATIENCE:.0f} s: {answer}")


def _listens(address: str) -> bool:
    """Whether sshd greets; asked often and briefly: ssh itself waits seconds for a first packet that was lost."""
    try:
        with socket.create_connection((address, 22), timeout=0.2) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        time.sleep(0.05)
        return False


def boot_failure(folder: HostFolder, message: str) -> FailedError:
    lines = folder.boot_log.read_text(errors="replace").splitlines() if folder.boot_log.exists() else []
    return FailedError(
        message,
        detail="\n".join(lines[-_LOG_TAIL:]),
        hint=f"the whole log is {folder.boot_log}; start afresh with ./longhouse down --host {folder.name}",
    )


def end_sessions(folder: HostFolder) -> None:
    """Close connections that ssh kept open for reuse; they would outlive the host."""
    for kept in (layout.MACHINE / machine_name(folder.name)).glob("*"):
        exit_master = ["ssh", "-F", "none", "-o", f"ControlPath={kept}", "-O", "exit", "host"]
        subprocess.run(exit_master, capture_output=True, check=False)
