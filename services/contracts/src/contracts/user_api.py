"""What other services read of user-service's HTTP answers."""

from typing import Literal
from uuid import UUID

from contracts.message import Message


class UserView(Message):
    """The part of ``GET /api/users/{id}`` that a caller may rely on."""

    id: UUID
    email: str
    name: str
    role: Literal["user", "admin"]
    enabled: bool = True
