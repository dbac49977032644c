"""What an address has to look like, channel by channel."""

import re
from collections.abc import Callable, Mapping

from email_validator import EmailNotValidError, validate_email

from notifications.notifications.status import Channel

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_DEVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@-]{0,253}")


class InvalidAddressError(ValueError):
    """The text says what is wrong with the address."""


def valid_address(channel: Channel, to: str) -> str:
    """``to`` in the form it is stored and used; raises `InvalidAddressError`."""
    return _VALIDATORS[channel](to)


def _email(to: str) -> str:
    try:
        # Whether mail can be delivered there is for the mail server to say; special names are fine in a test setup.
        return validate_email(to, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise InvalidAddressError(f"is not an email address: {error}") from None


def _number(to: str) -> str:
    if not _NUMBER.fullmatch(to):
        raise InvalidAddressError("is not a phone number in international form, such as +491701234567")
    return to


def _device(to: str) -> str:
    if not _DEVICE.fullmatch(to):
        raise InvalidAddressError("is not a device or topic name: letters, digits and _ . : @ - only")
    return to


_VALIDATORS: Mapping[Channel, Callable[[str], str]] = {
    Channel.EMAIL: _email,
    Channel.SMS: _number,
    Channel.PUSH: _device,
}
