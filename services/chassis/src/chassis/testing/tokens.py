"""Access tokens as user-service would sign them, with a key of the test run."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chassis.identifiers import uuid7
from chassis.security.keys import public_jwk
from chassis.security.principal import Role
from chassis.security.verifier import TOKEN_TYPE

ISSUER = "https://longhouse.test"
AUDIENCE = "longhouse"


class TokenMint:
    """Signs tokens; its public key is in ``jwks_file``, and one to seal with, whose other half is ``sealing_key``."""

    def __init__(self, directory: Path) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.jwk = public_jwk(self.key.public_key())
        self.jwks_file = directory / "jwks.json"
        sealing = X25519PrivateKey.generate()
        self.sealing_key = _base64url(sealing.private_bytes_raw())
        x = _base64url(sealing.public_key().public_bytes_raw())
        public = {"kty": "OKP", "crv": "X25519", "use": "enc", "kid": "notification", "x": x}
        self.jwks_file.write_text(json.dumps({"keys": [self.jwk, public]}))

    @property
    def pem(self) -> str:
        """The private key as user-service's credential ``signing_key`` holds it."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def claims(
        self, role: Role = "user", *, subject: UUID | None = None, session: UUID | None = None
    ) -> dict[str, Any]:
        """Return the claims of a fresh token, to be changed by tests that break them."""
        now = datetime.now(UTC)
        return {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(subject or uuid7()),
            "sid": str(session or uuid7()),
            "role": role,
            "jti": str(uuid7()),
            "iat": now,
            "exp": now + timedelta(minutes=10),
        }

    def sign(self, claims: dict[str, Any], **headers: str) -> str:
        return jwt.encode(
            claims, self.key, algorithm="EdDSA", headers={"kid": self.jwk["kid"], "typ": TOKEN_TYPE, **headers}
        )

    def token(self, role: Role = "user", *, subject: UUID | None = None, session: UUID | None = None) -> str:
        return self.sign(self.claims(role, subject=subject, session=session))

    def headers(
        self, role: Role = "user", *, subject: UUID | None = None, session: UUID | None = None
    ) -> dict[str, str]:
        """Return the Authorization header of a fresh token."""
        return {"Authorization": f"Bearer {self.token(role, subject=subject, session=session)}"}


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
