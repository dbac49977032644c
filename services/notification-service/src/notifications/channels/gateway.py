"""SMS and push through whatever gateway one URL names (apprise knows about a hundred and thirty of them)."""

import logging
import re
from urllib.parse import quote, urlencode, urlsplit

import apprise
from pydantic import SecretStr

from notifications.channels.port import Message, NotConfigured, Refused, Rejected, Unreachable
from notifications.settings import NotificationSettings

# Generic receivers have no place for an address in their URL; they get it as a field of the body.
GENERIC_SCHEMES = frozenset({"json", "jsons", "form", "forms", "xml", "xmls"})
TRY_LATER = frozenset({408, 425, 429})
_STATUS = re.compile(r"error=(\d{3})")
_TIMEOUTS = {"cto": "5", "rto": "15"}


class GatewayChannel:
    """Sends each message to the gateway at ``url``, an apprise URL in which ``{to}`` stands for the address.

    A generic receiver (``json://``, ``form://``, ``xml://``) may leave ``{to}`` out and finds it in the field ``to``.
    """

    def __init__(self, name: str, url: str) -> None:
        self._name = name
        self._url = url

    def send(self, message: Message) -> str:
        """Hand ``message`` to the gateway; apprise gives no receipt, so the answer is a sentence of ours."""
        gateway = apprise.Apprise()
        if not gateway.add(self._target(message)):
            raise NotConfigured(f"{self._name}_url is no URL that apprise understands")
        with apprise.LogCapture(  # type: ignore[no-untyped-call]
            level=logging.WARNING, fmt="%(message)s"
        ) as captured:
            taken = gateway.notify(body=message.text, title=message.title, body_format=apprise.NotifyFormat.TEXT)
            words = captured.getvalue().strip()
        if taken:
            return f"taken by the {self._name} gateway"
        raise _problem(words or f"the {self._name} gateway gave no reason")

    def close(self) -> None:
        """Nothing is kept between messages."""

    def _target(self, message: Message) -> str:
        scheme = urlsplit(self._url).scheme
        if "{to}" in self._url:
            url, fields = self._url.replace("{to}", quote(message.to, safe="")), {}
        elif scheme in GENERIC_SCHEMES:
            url, fields = self._url, {":to": message.to, ":id": str(message.delivery_id)}
        else:
            raise NotConfigured(f"{self._name}_url has no {{to}} and {scheme}:// has no field for the address")
        if scheme in GENERIC_SCHEMES:
            # "+" makes a request header of it: the receiver can tell a repetition from a second message.
            fields["+Idempotency-Key"] = str(message.delivery_id)
            if message.request_id:
                fields["+X-Request-Id"] = message.request_id
            if message.traceparent:
                fields["+traceparent"] = message.traceparent
        return url + ("&" if "?" in url else "?") + urlencode(_TIMEOUTS | fields, quote_via=quote)


def _problem(words: str) -> Unreachable | Refused | Rejected:
    status = _STATUS.search(words)
    if status is None:
        return Unreachable(words)
    code = int(status.group(1))
    if 400 <= code < 500 and code not in TRY_LATER:
        return Rejected(words)
    return Refused(words)


def open_sms(settings: NotificationSettings) -> GatewayChannel:
    """The SMS channel of this installation; raises `NotConfigured`."""
    return _open("sms", settings.sms_url)


def open_push(settings: NotificationSettings) -> GatewayChannel:
    """The push channel of this installation; raises `NotConfigured`."""
    return _open("push", settings.push_url)


def _open(name: str, url: SecretStr | None) -> GatewayChannel:
    text = url.get_secret_value().strip() if url is not None else ""
    if not text:
        raise NotConfigured(f"{name} is not configured: the credential {name}_url is absent or empty")
    return GatewayChannel(name, text)
