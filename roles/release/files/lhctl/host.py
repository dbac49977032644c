"""The real host: every port with its real side."""

from __future__ import annotations

from lhctl.access import EdgeLog
from lhctl.clock import SystemClock
from lhctl.layout import Layout
from lhctl.network import KernelTables, SocketProbe
from lhctl.ports import Host
from lhctl.software import ReleaseStore
from lhctl.systemd import Systemd


def this_host() -> Host:
    layout = Layout()
    return Host(layout, Systemd(), SocketProbe(), KernelTables(), SystemClock(), ReleaseStore(layout), EdgeLog())
