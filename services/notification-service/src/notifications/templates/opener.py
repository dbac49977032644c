"""Opens what travelled and lies here sealed, at the moment its mail is written and for no longer."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from chassis.clock import Clock, SystemClock
from contracts.user_events import reset_purpose
from notifications.channels.port import Refused, Rejected
from notifications.settings import NotificationSettings


class Opener:
    """``reset_page`` is the address of the page that takes a token; ``private_key`` the credential ``sealing_key``."""

    def __init__(self, reset_page: str, *, private_key: str | None, clock: Clock | None = None) -> None:
        self._reset_page = reset_page
        self._private_key = private_key
        self._clock = clock or SystemClock()
        self._openers: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {
            "user.password_reset_requested": self._password_reset,
        }

    def opened(self, template: str, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """``data`` as the template wants it. Raises a `ChannelProblem` when it cannot be."""
        opener = self._openers.get(template)
        return opener(data) if opener else data

    def _password_reset(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        if datetime.fromisoformat(data["expires_at"]) <= self._clock.now().astimezone(UTC):
            raise Rejected("its link expired before it could be sent; another one has to be asked for")
        token = self._unsealed(data["sealed_token"], reset_purpose(data["user_id"]))
        # Behind the hash: browsers keep that to themselves, so the token is in nobody's access log.
        link = f"{self._reset_page}#token={token}"
        return {"name": data["name"], "expires_at": data["expires_at"], "token": token, "link": link}

    def _unsealed(self, sealed: str, purpose: str) -> str:
        # Here: cryptography is some 10 MB that a worker need not hold until it writes such a mail.
        from chassis.security.sealing import SealBrokenError, unseal  # noqa: PLC0415

        if self._private_key is None:
            raise Rejected("its token cannot be opened: the credential sealing_key is absent")
        try:
            return unseal(sealed, purpose=purpose, private_key=self._private_key)
        except SealBrokenError as error:
            # While the key is being replaced, the process that comes next may have the other one.
            raise Refused(f"its token cannot be opened: {error}") from error


def configured_opener(settings: NotificationSettings) -> Opener:
    """The opener as ``settings`` describe it."""
    key = settings.sealing_key.get_secret_value() if settings.sealing_key else None
    return Opener(settings.public_url.rstrip("/") + settings.reset_page, private_key=key)
