"""Addresses are checked per channel before anything is promised."""

import pytest

from notifications.notifications.addresses import InvalidAddressError, valid_address
from notifications.notifications.status import Channel


@pytest.mark.parametrize(
    ("channel", "to"),
    [
        (Channel.EMAIL, "ada@example.com"),
        (Channel.EMAIL, "ada@shop.test"),
        (Channel.SMS, "+491701234567"),
        (Channel.PUSH, "device-1_a:b.c@d"),
    ],
)
def test_a_good_address_passes(channel: Channel, to: str) -> None:
    assert valid_address(channel, to) == to


@pytest.mark.parametrize(
    ("channel", "to"),
    [
        (Channel.EMAIL, "ada"),
        (Channel.EMAIL, "ada@example.com\r\nBcc: x@example.com"),
        (Channel.EMAIL, "a@example.com, b@example.com"),
        (Channel.EMAIL, "Ada <ada@example.com>"),
        (Channel.EMAIL, "ada@example.com\x00"),
        (Channel.SMS, "0170123"),
        (Channel.SMS, "+4917012345678901234"),
        (Channel.SMS, "+49170123456\n"),
        (Channel.PUSH, "../../admin"),
        (Channel.PUSH, "a b"),
        (Channel.PUSH, ""),
    ],
)
def test_a_bad_address_is_refused(channel: Channel, to: str) -> None:
    with pytest.raises(InvalidAddressError):
        valid_address(channel, to)
