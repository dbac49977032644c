"""How a token gets to the mail without being readable on the way."""

from pathlib import Path
from uuid import UUID

from chassis.security.sealing import seal
from contracts.user_events import reset_purpose

_READER = "notification"


class TokenSeal:
    """Seals to the service that writes the mails, whose key ``jwks_file`` has."""

    def __init__(self, jwks_file: Path) -> None:
        self._jwks_file = jwks_file

    def sealed(self, user: UUID, token: str) -> str:
        """Return ``token``, readable for that service and for a mail to this user only."""
        return seal(token, to=_READER, purpose=reset_purpose(user), jwks_file=self._jwks_file)
