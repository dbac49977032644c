"""What user-service tells the others about accounts."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts.message import Message

USER_REGISTERED = "user.registered.v1"
USER_UPDATED = "user.updated.v1"
USER_DELETED = "user.deleted.v1"


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


USER_EVENTS: dict[str, type[Message]] = {
    USER_REGISTERED: UserRegisteredV1,
    USER_UPDATED: UserUpdatedV1,
    USER_DELETED: UserDeletedV1,
}
