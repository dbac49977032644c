"""`./longhouse ssh`: becomes ssh itself, so that terminal, signals and exit status are ssh's own."""

from __future__ import annotations

import argparse
import os

from control.errors import RefusedError
from control.layout import HostFolder
from control.sandbox import host, shell
from control.sandbox.names import checked
from control.sandbox.record import Record


def run(arguments: argparse.Namespace) -> int:
    folder = HostFolder(checked(arguments.host))
    if not host.running(folder.name):
        raise RefusedError(f"host {folder.name} is not running: ./longhouse up --host {folder.name}")
    remote = arguments.remote[1:] if arguments.remote[:1] == ["--"] else arguments.remote
    command = [*shell.command(folder, Record.load(folder)), *remote]
    os.execvp(command[0], command)  # noqa: S606  (a list of words, no shell wanted)
