"""What clients send and get about sessions."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from users.accounts.email import EmailAddress
from users.accounts.password_policy import GivenPassword


class Credentials(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: EmailAddress
    password: GivenPassword = Field(repr=False)


class RefreshRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    refresh_token: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(repr=False)


class TokenPair(BaseModel):
    """``expires_in`` in seconds, of the access token."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - the word of RFC 6750
    expires_in: int


class SessionView(BaseModel):
    """A session; ``current`` marks the one that asks."""

    id: UUID
    created_at: datetime
    last_used_at: datetime
    device: str = Field(description="User-Agent at login")
    address: str = Field(description="Address of the client at login")
    current: bool
