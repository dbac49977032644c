"""The base of every message model."""

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """Immutable; fields a newer sender added are ignored by an older reader."""

    model_config = ConfigDict(frozen=True, extra="ignore")
