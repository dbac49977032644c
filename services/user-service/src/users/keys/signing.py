"""Access tokens: ten minutes, signed with Ed25519, verifiable by everybody."""

from datetime import datetime, timedelta
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from chassis.security.keys import public_jwk
from chassis.security.principal import Role
from chassis.security.verifier import TOKEN_TYPE


class Signer:
    """Signs with the key in ``pem``; ``seconds`` is the lifetime of a token."""

    def __init__(self, pem: str, *, issuer: str, audience: str, seconds: int) -> None:
        key = load_pem_private_key(pem.encode(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise TypeError("signing_key must be an Ed25519 key")
        self._key = key
        self._issuer = issuer
        self._audience = audience
        self.seconds = seconds
        self.jwk = public_jwk(key.public_key())

    def sign(self, *, subject: UUID, session: UUID, role: Role, token_id: UUID, issued_at: datetime) -> str:
        """Return the token. Ed25519 is deterministic: the same arguments give the same token."""
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": str(subject),
            "sid": str(session),
            "role": role,
            "jti": str(token_id),
            "iat": issued_at,
            "exp": issued_at + timedelta(seconds=self.seconds),
        }
        return jwt.encode(claims, self._key, algorithm="EdDSA", headers={"kid": self.jwk["kid"], "typ": TOKEN_TYPE})
