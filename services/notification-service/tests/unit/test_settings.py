"""Settings: a channel that is not set up says so; secrets never show."""

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from notifications.channels.port import NotConfigured
from notifications.channels.registry import configured_channels
from notifications.notifications.status import Channel
from notifications.settings import NotificationSettings

BARE: dict[str, Any] = {"service": "notification", "cursor_key": "a-cursor-key-for-tests"}


@pytest.mark.parametrize(
    ("channel", "says"), [("email", "SMTP_HOST"), ("sms", "credential sms_url"), ("push", "credential push_url")]
)
def test_a_channel_that_is_not_set_up_says_what_is_missing(channel: str, says: str) -> None:
    channels = configured_channels(NotificationSettings(**BARE, sms_url=SecretStr(""), push_url=None))
    with pytest.raises(NotConfigured, match=says):
        channels.get(Channel(channel))


def test_a_gateway_without_a_place_for_the_address_is_refused_in_words() -> None:
    channels = configured_channels(NotificationSettings(**BARE, push_url=SecretStr("ntfy://ntfy.example/topic")))
    with pytest.raises(NotConfigured, match=r"\{to\}"):
        channels.get(Channel.PUSH).send(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("sender", ["", "nobody", "a@b\r\nBcc: c@d", "a@b c"])
def test_a_sender_that_is_no_address_stops_the_start(sender: str) -> None:
    with pytest.raises(ValidationError, match="smtp_from"):
        NotificationSettings(**BARE, smtp_from=sender)


def test_secrets_do_not_show() -> None:
    settings = NotificationSettings(**BARE, smtp_password=SecretStr("hidden-1"), sms_url=SecretStr("json://hidden-2"))
    assert "hidden" not in repr(settings)
