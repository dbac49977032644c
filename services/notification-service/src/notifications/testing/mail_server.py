"""A real SMTP server in a thread, that answers as the test tells it to."""

import asyncio
import email
import email.policy
import threading
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

TAKEN = "250 2.0.0 taken"


@dataclass
class Conduct:
    """How the server answers at each step; ``cut`` names the step at which it drops the connection."""

    rcpt: str = TAKEN
    data: str = TAKEN
    cut: str = ""
    # Seconds to think before the answer to a complete mail.
    thinks: float = 0.0


@dataclass
class MailServer:
    """``conduct`` may be changed at any time; ``mails`` are those that came whole, ``connections`` counts clients."""

    conduct: Conduct = field(default_factory=Conduct)
    mails: list[EmailMessage] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    _arrived: threading.Condition = field(default_factory=threading.Condition)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None
    _server: asyncio.Server | None = None
    _sessions: list[SMTP] = field(default_factory=list)

    def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop.run_forever)
            self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(5)

    def stop(self) -> None:
        """Stop listening and hang up on everybody."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(5)

    def end(self) -> None:
        """Stop, and end the thread."""
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        if self._thread is not None:
            self._thread.join()
        self._loop.close()

    def hang_up(self) -> None:
        """Drop all connections, as a server does with idle clients."""
        asyncio.run_coroutine_threadsafe(self._drop_all(), self._loop).result(5)

    def wait_for(self, count: int, *, seconds: float = 15.0) -> list[EmailMessage]:
        """The mails, once there are at least ``count``."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.mails) >= count, seconds):
                raise TimeoutError(f"{len(self.mails)} of {count} mails after {seconds} s")
            return list(self.mails)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's own spelling
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.conduct.cut == "rcpt":
            _drop(server)
        if self.conduct.rcpt.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.conduct.rcpt

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.conduct.cut == "data":
            _drop(server)
            return TAKEN
        if self.conduct.data.startswith("2"):
            self._keep(envelope)
        if self.conduct.cut == "after data":
            _drop(server)
        await asyncio.sleep(self.conduct.thinks)
        return self.conduct.data

    def _keep(self, envelope: Envelope) -> None:
        mail = email.message_from_bytes(cast(bytes, envelope.content), policy=email.policy.default)
        with self._arrived:
            self.mails.append(mail)
            self._arrived.notify_all()

    async def _listen(self) -> None:
        self._server = await self._loop.create_server(self._session, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def _session(self) -> SMTP:
        session = SMTP(self, hostname="mail.example", loop=self._loop)
        self.connections += 1
        self._sessions.append(session)
        return session

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._drop_all()

    async def _drop_all(self) -> None:
        for session in self._sessions:
            _drop(session)
        self._sessions.clear()
        await asyncio.sleep(0.01)


def _drop(session: SMTP) -> None:
    if session.transport is not None:
        cast(asyncio.Transport, session.transport).abort()
