"""What the notification service can be told."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from chassis.settings import ServiceSettings
from notifications.delivery.retry_policy import RetryPolicy

Seconds = Annotated[float, Field(gt=0, le=7 * 86_400)]


class NotificationSettings(ServiceSettings):
    """An empty `smtp_host`, and absent or empty `sms_url` and `push_url`, mean: this channel is not configured."""

    smtp_host: str = ""
    smtp_port: int = Field(default=25, ge=1, le=65_535)
    # An address, or "Name <address>"; its domain also names us in EHLO and makes Message-IDs ours.
    smtp_from: str = Field(default="Longhouse <longhouse@localhost>", pattern=r"^[^@\r\n]+@[A-Za-z0-9.-]+>?$")
    smtp_tls: Literal["none", "starttls", "tls"] = "none"
    # Login happens when a user name is given; the password alone is not a reason to log in.
    smtp_username: str = ""
    smtp_password: SecretStr | None = None
    sms_url: SecretStr | None = None
    push_url: SecretStr | None = None

    # Opens one-time tokens; without it, mails that need one are not sent.
    sealing_key: SecretStr | None = None
    # The page of your application that takes the token and a new password; under `public_url`.
    reset_page: str = Field(default="/password-reset", pattern=r"^/[A-Za-z0-9._~/-]*$")

    retry_first_seconds: Seconds = 1
    retry_cap_seconds: Seconds = 600
    retry_unreachable_cap_seconds: Seconds = 15
    retry_most_refusals: int = Field(default=20, ge=1, le=1000)
    give_up_after_seconds: Seconds = 2 * 86_400

    @property
    def retry_policy(self) -> RetryPolicy:
        """When deliveries are tried again."""
        return RetryPolicy(
            first=timedelta(seconds=self.retry_first_seconds),
            cap=timedelta(seconds=self.retry_cap_seconds),
            unreachable_cap=timedelta(seconds=self.retry_unreachable_cap_seconds),
            most_refusals=self.retry_most_refusals,
            give_up_after=timedelta(seconds=self.give_up_after_seconds),
        )
