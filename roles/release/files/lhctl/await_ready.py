"""ExecStartPost of every web unit: makes systemd itself wait until the expected release answers on its socket.

gunicorn reports READY=1 before any worker has imported the application, so that alone proves nothing.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from lhctl.network import SocketProbe
from lhctl.ports import Answer

PAUSE = 0.05


def await_ready(path: str, seconds: float) -> str:
    """Return nothing once SOCKET answers as RELEASE and COLOUR, else why it did not.

    Ends at once when the main process (MAINPID) is gone: waiting longer would hide that it cannot start.
    """
    socket, version, colour = Path(os.environ["SOCKET"]), os.environ["RELEASE"], os.environ["COLOUR"]
    main = int(os.environ.get("MAINPID") or 0)
    probe, deadline = SocketProbe(), time.monotonic() + seconds
    while True:
        if main and not _alive(main):
            return f"the main process {main} ended before it was ready; its log above says why"
        answer = probe.get(socket, path) if socket.is_socket() else Answer(0, {}, f"{socket} is not there yet")
        objection = answer.objection(version, colour)
        if not objection:
            return ""
        if time.monotonic() > deadline:
            return f"not ready after {seconds:g} s: {objection}; last answer: {answer}"
        time.sleep(PAUSE)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
