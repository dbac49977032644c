"""Email by SMTP: one kept connection per worker child, and every reply of the server told apart."""

import contextlib
import smtplib
import ssl
import time
from dataclasses import dataclass
from functools import partial
from typing import Literal

from notifications.channels.mail import compose
from notifications.channels.port import Message, NotConfigured, Refused, Rejected, Unreachable
from notifications.settings import NotificationSettings

# Servers drop idle clients after minutes; a fresh connection costs less than finding out which one did.
IDLE_SECONDS = 30.0
SERVICE_NOT_AVAILABLE = 421
_BROKEN = (smtplib.SMTPException, OSError)


@dataclass(frozen=True)
class SmtpAccount:
    """Where and as whom to send. ``sender`` is the From address; login happens when ``username`` is set."""

    host: str
    port: int
    sender: str
    tls: Literal["none", "starttls", "tls"]
    username: str | None = None
    password: str | None = None
    # Per answer, not per message. The end of the data may take long: servers scan before they take it, and giving
    # up early there means sending twice.
    answer_seconds: float = 10.0
    data_seconds: float = 60.0

    @property
    def domain(self) -> str:
        """The domain mails come from: names us in EHLO and makes Message-IDs ours."""
        return self.sender.rpartition("@")[2].rstrip(">")


class SmtpChannel:
    """Sends over a connection that it opens when needed and replaces when it went stale."""

    def __init__(self, account: SmtpAccount) -> None:
        self._account = account
        self._trust = ssl.create_default_context() if account.tls != "none" else None
        self._server: smtplib.SMTP | None = None
        self._used_at = 0.0

    def send(self, message: Message) -> str:
        """Hand ``message`` to the server; returns its words on taking it."""
        mail = compose(message, sender=self._account.sender, domain=self._account.domain)
        server = self._begin()
        try:
            _answered(server.rcpt(message.to), "RCPT TO")
            receipt = self._send_data(server, mail)
        except (Refused, Rejected):
            # The transaction is over; the connection is as good as before.
            self._reset(server)
            raise
        except Unreachable:
            self.close()
            raise
        except ValueError as error:
            # An address that the server's dialect cannot carry, such as one with umlauts.
            self._reset(server)
            raise Rejected(f"the address cannot be sent: {error}") from error
        except _BROKEN as error:
            # Unknown whether it was taken: try again, with the same Message-ID.
            self.close()
            raise Refused(f"connection lost while sending: {error or type(error).__name__}") from error
        self._used_at = time.monotonic()
        return receipt

    def close(self) -> None:
        """Drop the connection without waiting for the server's goodbye."""
        if self._server is not None:
            with contextlib.suppress(OSError):
                self._server.close()
            self._server = None

    def _send_data(self, server: smtplib.SMTP, mail: bytes) -> str:
        try:
            self._set_timeout(server, self._account.data_seconds)
            return _answered(server.data(mail), "DATA")
        except smtplib.SMTPDataError as error:
            return _answered((error.smtp_code, _bytes(error.smtp_error)), "DATA")
        finally:
            self._set_timeout(server, self._account.answer_seconds)

    def _begin(self) -> smtplib.SMTP:
        """Open a transaction: on the kept connection, or on a new one when the server has dropped that meanwhile."""
        if self._server is not None and time.monotonic() - self._used_at <= IDLE_SECONDS:
            with contextlib.suppress(Unreachable, *_BROKEN):
                return self._mail_from(self._server)
        self.close()
        try:
            self._server = self._connect()
            return self._mail_from(self._server)
        except (*_BROKEN, UnicodeError) as error:
            self.close()
            raise Unreachable(f"{self._account.host}:{self._account.port}: {error or type(error).__name__}") from error
        except Unreachable:
            self.close()
            raise

    def _mail_from(self, server: smtplib.SMTP) -> smtplib.SMTP:
        try:
            _answered(server.mail(self._account.sender), "MAIL FROM")
        except (Refused, Rejected):
            self._reset(server)
            raise
        return server

    def _connect(self) -> smtplib.SMTP:
        account = self._account
        # A given local_hostname also spares a reverse lookup that has no time limit.
        connect = partial(
            smtplib.SMTP_SSL if account.tls == "tls" else smtplib.SMTP,
            account.host,
            account.port,
            local_hostname=account.domain,
            timeout=account.answer_seconds,
        )
        server = connect(context=self._trust) if account.tls == "tls" else connect()
        try:
            server.ehlo_or_helo_if_needed()
            if account.tls == "starttls":
                server.starttls(context=self._trust)
                server.ehlo()
            if account.username and account.password:
                server.login(account.username, account.password)
        except BaseException:
            server.close()
            raise
        self._used_at = time.monotonic()
        return server

    def _reset(self, server: smtplib.SMTP) -> None:
        try:
            server.rset()
            self._used_at = time.monotonic()
        except _BROKEN:
            self.close()

    @staticmethod
    def _set_timeout(server: smtplib.SMTP, seconds: float) -> None:
        if server.sock is not None:
            server.sock.settimeout(seconds)


def open_email(settings: NotificationSettings) -> SmtpChannel:
    """The email channel of this installation; raises `NotConfigured`."""
    if not settings.smtp_host:
        raise NotConfigured("email is not configured: SMTP_HOST is empty")
    return SmtpChannel(
        SmtpAccount(
            host=settings.smtp_host,
            port=settings.smtp_port,
            sender=settings.smtp_from,
            tls=settings.smtp_tls,
            username=settings.smtp_username or None,
            password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        )
    )


def _answered(reply: tuple[int, bytes], command: str) -> str:
    """The server's words when it agreed; else the problem that its code stands for (RFC 5321 section 4.2.1)."""
    code, words = reply
    said = f"{code} {words.decode(errors='replace')}"
    if 200 <= code < 300:
        return said
    if code == SERVICE_NOT_AVAILABLE:
        raise Unreachable(f"{command}: {said}")
    if 500 <= code < 600:
        raise Rejected(f"{command}: {said}")
    raise Refused(f"{command}: {said}")


def _bytes(words: bytes | str) -> bytes:
    return words if isinstance(words, bytes) else words.encode()
