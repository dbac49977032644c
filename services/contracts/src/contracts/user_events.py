"""What user-service tells the others about accounts."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

USER_REGISTERED = "user.registered.v1"
USER_UPDATED = "user.updated.v1"
USER_DELETED = "user.deleted.v1"


class _UserEvent(BaseModel):
    # Producers may add members at any time; a receiver reads what it knows.
    model_config = ConfigDict(frozen=True, extra="ignore")

    user_id: UUID


class UserRegisteredV1(_UserEvent):
    """``user.registered.v1``: an account was made."""

    email: str = Field(min_length=3, max_length=254)
    name: str = Field(min_length=1, max_length=100)


class UserUpdatedV1(_UserEvent):
    """``user.updated.v1``: the whole account after a change; drop it when you have this ``version`` or a newer one."""

    email: str = Field(min_length=3, max_length=254)
    name: str = Field(min_length=1, max_length=100)
    role: Literal["user", "admin"]
    enabled: bool
    version: int = Field(ge=1)


class UserDeletedV1(_UserEvent):
    """``user.deleted.v1``: the account is gone; forget what you keep about the person."""
