"""What clients send about passwords."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from users.accounts.email import EmailAddress
from users.accounts.password_policy import GivenPassword, NewPassword

_RULES = "10 to 128 characters, not a common one, not the e-mail address"


class PasswordChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    current_password: GivenPassword = Field(repr=False)
    new_password: NewPassword = Field(repr=False, description=_RULES)


class ResetRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"email": "ada@example.com"}]})

    email: EmailAddress


class ResetAccepted(BaseModel):
    """The same for every address: whether somebody has an account is nobody's business."""

    status: Literal["accepted"] = "accepted"
    detail: str = "If there is an account with this address, a mail with a link is on its way to it."


class ResetConfirmation(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(
        repr=False, description="From the mail; good once, for 30 minutes"
    )
    new_password: NewPassword = Field(repr=False, description=_RULES)
