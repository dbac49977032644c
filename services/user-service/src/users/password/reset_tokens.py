"""One-time tokens: 256 random bits, of which we keep a digest."""

import hashlib
import secrets

_BYTES = 32


def new_token() -> str:
    """Return 256 bits as 43 characters of base64url."""
    return secrets.token_urlsafe(_BYTES)


def digest_of(token: str) -> bytes:
    """What is stored. No salt and no slow hash: nobody guesses 256 random bits."""
    return hashlib.sha256(b"password-reset:" + token.encode()).digest()
