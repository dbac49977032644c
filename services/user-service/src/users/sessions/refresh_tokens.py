"""Refresh tokens: opaque to clients, and never stored.

Layout (base64url): session id (16 bytes) | secret (32 random bytes) | seal (16 bytes). The seal proves that we issued
the token: without it anybody who saw a session id could end that session with a made-up token.

A client whose answer got lost repeats its old token and must get the same new one. The store therefore keeps the new
secret wrapped with a hash of the old one: only who holds the old token can unwrap it.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from uuid import UUID

_SECRET_BYTES = 32
_SEAL_BYTES = 16
_SIZE = 16 + _SECRET_BYTES + _SEAL_BYTES


@dataclass(frozen=True)
class RefreshToken:
    """A token's parts; ``text`` is what the client holds."""

    session: UUID
    secret: bytes
    seal: bytes

    @classmethod
    def parse(cls, text: str) -> "RefreshToken | None":
        """Return the parts, or None when this cannot be one of our tokens."""
        try:
            raw = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        if len(raw) != _SIZE:
            return None
        return cls(UUID(bytes=raw[:16]), raw[16:-_SEAL_BYTES], raw[-_SEAL_BYTES:])

    @classmethod
    def issue(cls, session: UUID, seal_key: str) -> "RefreshToken":
        """Return a token with a new secret."""
        return cls.sealed(session, secrets.token_bytes(_SECRET_BYTES), seal_key)

    @classmethod
    def sealed(cls, session: UUID, secret: bytes, seal_key: str) -> "RefreshToken":
        return cls(session, secret, _seal(secret, seal_key))

    def is_ours(self, seal_key: str) -> bool:
        return hmac.compare_digest(self.seal, _seal(self.secret, seal_key))

    @property
    def text(self) -> str:
        return base64.urlsafe_b64encode(self.session.bytes + self.secret + self.seal).decode()

    @property
    def digest(self) -> str:
        """What the store keeps instead of the token."""
        return hashlib.sha256(b"refresh:" + self.secret).hexdigest()

    def wrap(self, secret: bytes) -> str:
        """Return ``secret`` (of the successor) readable only with this token."""
        pad = hashlib.sha256(b"successor:" + self.secret).digest()
        return bytes(a ^ b for a, b in zip(secret, pad, strict=True)).hex()

    def unwrap(self, wrapped: str) -> bytes:
        return bytes.fromhex(self.wrap(bytes.fromhex(wrapped)))


def _seal(secret: bytes, seal_key: str) -> bytes:
    return hmac.digest(bytes.fromhex(seal_key), secret, hashlib.sha256)[:_SEAL_BYTES]


def new_seal_key() -> str:
    """Return a key for the seals of one session, as hex."""
    return secrets.token_hex(16)
