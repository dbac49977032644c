"""Stop on SIGTERM between two steps, never within one."""

import os
import select
import signal
from types import FrameType


class Shutdown:
    """A flag that SIGTERM or SIGINT raises, and a sleep that ends early when it is raised.

    A pipe instead of `threading.Event`: an event may not be set by a signal handler of the thread that waits for it.
    """

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        self.requested = False

    def listen(self) -> None:
        """Take over SIGTERM and SIGINT of this process (main thread only)."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)

    def request(self) -> None:
        """Ask for the stop; safe in a signal handler and from any thread."""
        self.requested = True
        os.write(self._write, b"x")

    def sleep(self, seconds: float) -> None:
        """Wait, but not beyond a request to stop."""
        if not self.requested:
            select.select([self._read], [], [], seconds)

    def close(self) -> None:
        """Give the pipe back."""
        os.close(self._read)
        os.close(self._write)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.request()
