"""What clients send and get about accounts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints, ValidationInfo, field_validator

from chassis.security.principal import Role
from chassis.text import Line
from users.accounts.email import EmailAddress
from users.accounts.password_policy import NewPassword, refuse_resembling

PersonName = Annotated[Line, StringConstraints(max_length=100)]


class Registration(BaseModel):
    """A new account. Anything else in the body is refused: nobody registers as admin."""

    model_config = ConfigDict(extra="forbid")

    email: EmailAddress
    password: NewPassword = Field(repr=False, description="10 to 128 characters, not a common one")
    name: PersonName

    @field_validator("password")
    @classmethod
    def _not_the_email(cls, password: str, info: ValidationInfo) -> str:
        return refuse_resembling(password, info.data.get("email", ""))


class AccountChange(BaseModel):
    """The account as it shall be. ``role`` and ``enabled`` keep their value when left out; an admin changes them."""

    model_config = ConfigDict(extra="forbid")

    email: EmailAddress
    name: PersonName
    role: Role | None = None
    enabled: StrictBool | None = None


class UserView(BaseModel):
    """A user."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    email: str = Field(json_schema_extra={"format": "email"})
    name: str
    role: Role
    enabled: bool
    created_at: datetime
    updated_at: datetime
