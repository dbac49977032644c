"""What user-service tells the others about accounts."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.message import Message

USER_REGISTERED = "user.registered.v1"
USER_UPDATED = "user.updated.v1"
USER_DELETED = "user.deleted.v1"
USER_PASSWORD_CHANGED = "user.password_changed.v1"  # noqa: S105 - a name
USER_PASSWORD_RESET_REQUESTED = "user.password_reset_requested.v1"  # noqa: S105 - a name


class UserRegisteredV1(Message):
    """An account was made."""

    user_id: UUID
    email: str = Field(min_length=3, max_length=254)
    name: str = Field(min_length=1, max_length=100)


class UserUpdatedV1(Message):
    """The whole account after a change; drop it when you have this ``version`` or a newer one."""

    user_id: UUID
    email: str = Field(min_length=3, max_length=254)
    name: str = Field(min_length=1, max_length=100)
    role: Literal["user", "admin"]
    enabled: bool
    version: int = Field(ge=1)


class UserDeletedV1(Message):
    """The account is gone; forget what you keep about the person."""

    user_id: UUID


class UserPasswordChangedV1(Message):
    """The account has another password since ``changed_at``; its owner wants to know."""

    user_id: UUID
    email: str = Field(min_length=3, max_length=254)
    name: str = Field(min_length=1, max_length=100)
    changed_at: AwareDatetime


class UserPasswordResetRequestedV1(Message):
    """Somebody who says to be the owner asks for a way back in, good until ``expires_at``.

    ``sealed_token`` opens with the private key of notification-service alone, for the purpose
    ``reset_purpose(user_id)``: whoever reads events, or the tables and files they lie in, cannot use it.
    """

    user_id: UUID
    email: str = Field(min_length=3, max_length=254)
    name: str = Field(min_length=1, max_length=100)
    sealed_token: str = Field(min_length=1, max_length=500, pattern=r"^[A-Za-z0-9_-]+$")
    expires_at: AwareDatetime


def reset_purpose(user_id: UUID | str) -> str:
    """What the token of a ``UserPasswordResetRequestedV1`` is sealed for."""
    return f"password-reset/{user_id}"


USER_EVENTS: dict[str, type[Message]] = {
    USER_REGISTERED: UserRegisteredV1,
    USER_UPDATED: UserUpdatedV1,
    USER_DELETED: UserDeletedV1,
    USER_PASSWORD_CHANGED: UserPasswordChangedV1,
    USER_PASSWORD_RESET_REQUESTED: UserPasswordResetRequestedV1,
}
