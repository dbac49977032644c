"""What is sealed is opened for the mail it was sealed for, while it is worth anything."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis.testing.clocks import FrozenClock
from notifications.channels.port import Refused, Rejected
from notifications.settings import NotificationSettings
from notifications.templates.opener import Opener, configured_opener
from notifications.testing.examples import SEALING_KEY, TOKEN, USER, sealed_token

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
PAGE = "https://longhouse.test/password-reset"


def reset(**changes: Any) -> dict[str, Any]:
    expires = (NOW + timedelta(minutes=30)).isoformat()
    return {"user_id": str(USER), "name": "Ada", "sealed_token": sealed_token(), "expires_at": expires} | changes


def opened(data: dict[str, Any], *, key: str | None = SEALING_KEY) -> Any:
    return Opener(PAGE, private_key=key, clock=FrozenClock(NOW)).opened("user.password_reset_requested", data)


def test_the_token_is_behind_the_hash_of_the_link() -> None:
    assert opened(reset())["link"] == f"{PAGE}#token={TOKEN}"


def test_other_templates_stay_as_they_are() -> None:
    data = {"name": "Ada"}
    assert Opener(PAGE, private_key=None).opened("user.registered", data) is data


def test_moved_to_somebody_elses_mail_it_does_not_open() -> None:
    with pytest.raises(Refused, match="cannot be opened"):
        opened(reset(user_id=str(uuid4())))


def test_what_expired_is_not_sent() -> None:
    with pytest.raises(Rejected, match="expired"):
        opened(reset(expires_at=NOW.isoformat()))


def test_another_key_may_come_with_the_next_process() -> None:
    with pytest.raises(Refused, match="cannot be opened"):
        opened(reset(), key="A" * 43)


def test_without_a_key_it_says_which_credential_is_absent() -> None:
    with pytest.raises(Rejected, match="credential sealing_key"):
        opened(reset(), key=None)


def test_the_link_begins_with_the_public_address_whatever_a_request_said() -> None:
    settings = NotificationSettings(
        service="notification",
        cursor_key="a-cursor-key-for-tests",  # type: ignore[arg-type]
        sealing_key=SEALING_KEY,  # type: ignore[arg-type]
        public_url="https://shop.example/",
        reset_page="/account/new-password",
    )
    data = reset(expires_at="2999-01-01T00:00:00+00:00")
    link = configured_opener(settings).opened("user.password_reset_requested", data)["link"]
    assert link == f"https://shop.example/account/new-password#token={TOKEN}"
