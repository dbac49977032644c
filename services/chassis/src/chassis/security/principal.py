"""Who is calling."""

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

Role = Literal["user", "admin"]


@dataclass(frozen=True, slots=True)
class Principal:
    """A verified caller. ``token`` is forwarded to other services in the caller's name and never logged."""

    subject: UUID
    role: Role
    session: UUID
    token: str = field(repr=False)

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"

    def may_see(self, owner: UUID) -> bool:
        """Own things, or anything for an admin."""
        return self.role == "admin" or self.subject == owner
