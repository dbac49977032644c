"""What the edge does with a service's requests while somebody works on it: let them wait, or refuse them.

Files say it, which the edge looks at itself (nginx/snippets/gate.lua): Nginx is not reloaded. A hold carries its end,
so a killed lhctl holds nobody up; maintenance stays until it is taken away, also over a reboot.
"""

from __future__ import annotations

import http.client
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from lhctl.errors import RefusedError, StepFailedError
from lhctl.layout import Layout
from lhctl.state import replace

LONGEST_HOLD = 60
INTERNAL_EDGE = ("127.0.0.1", 8080)
# All of the edge's processes have looked by then; twice their interval.
NOTICED_SECONDS = 0.15
PAUSE = 0.02


@dataclass(frozen=True)
class Gate:
    """`layout.root` is `/` on a host."""

    layout: Layout

    def _maintenance(self, service: str) -> Path:
        return self.layout.variable / "maintenance" / service

    def _hold(self, service: str) -> Path:
        return self.layout.root / "run/longhouse-edge/hold" / service

    def chosen(self, services: Sequence[str]) -> list[str]:
        """`services`, or all of this host when none is named. Raises RefusedError for one that is not here."""
        known = self.layout.known_services()
        if unknown := [name for name in services if name not in known]:
            raise RefusedError(f"no service named {', '.join(unknown)} here; known: {', '.join(known)}")
        return [*services] or known

    def close(self, service: str, retry_after: int) -> None:
        """Answer 503 with Retry-After from now on."""
        replace(self._maintenance(service), f"{retry_after}\n")

    def open(self, service: str) -> None:
        self._maintenance(service).unlink(missing_ok=True)

    def under_maintenance(self) -> list[str]:
        return sorted(path.name for path in self._maintenance("x").parent.glob("[!.]*"))

    def hold(self, services: Sequence[str], seconds: float) -> None:
        """New requests wait from now on; returns when those before have ended, or half of the time is over.

        Raises StepFailedError, with nothing held any more, when they have not: what comes next would hit them.
        """
        if not 0 < seconds <= LONGEST_HOLD:
            raise RefusedError(
                f"--seconds {seconds:g}: clients do not wait longer than {LONGEST_HOLD}; say 1 to {LONGEST_HOLD}"
            )
        begun = time.monotonic()
        for service in services:
            replace(self._hold(service), f"{time.time() + seconds:.3f}\n")
        time.sleep(NOTICED_SECONDS)
        for service in services:
            while requests := in_hand(service):
                if time.monotonic() - begun > seconds / 2:
                    self.release(services)
                    raise StepFailedError(
                        f"{service}: {requests} requests had not ended after {seconds / 2:g} s; nothing is held, "
                        "try --seconds with more"
                    )
                time.sleep(PAUSE)

    def release(self, services: Sequence[str]) -> None:
        for service in services:
            self._hold(service).unlink(missing_ok=True)

    def during(self, services: Sequence[str], seconds: float, command: Sequence[str]) -> int:
        """Hold, run `command`, release; the command's own exit status. It is not ended when the hold runs out."""
        self.hold(services, seconds)
        try:
            return subprocess.run(command, check=False).returncode
        except OSError as error:
            raise RefusedError(f"{command[0]}: {error.strerror}") from None
        finally:
            self.release(services)


def in_hand(service: str) -> int:
    """Requests the edge has given to the service and that have no whole answer yet."""
    with closing(http.client.HTTPConnection(*INTERNAL_EDGE, timeout=2)) as connection:
        try:
            connection.request("GET", f"/.longhouse/requests/{service}")
            response = connection.getresponse()
            text = response.read().decode()
        except OSError as error:
            raise StepFailedError(f"the edge does not answer: {error}; see systemctl status nginx") from None
    # A service that is not routed has no requests.
    return int(text) if response.status == http.client.OK else 0
