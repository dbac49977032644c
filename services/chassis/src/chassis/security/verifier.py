"""Access tokens: EdDSA only, our issuer and audience, keys from a file that may change under us."""

import hashlib
import json
import os
from pathlib import Path
from time import monotonic, time
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from chassis.observability.logs import get_logger
from chassis.problems import Unauthorized
from chassis.security.keys import keys_by_id
from chassis.security.principal import Principal

TOKEN_TYPE = "at+jwt"  # noqa: S105 - the media type of RFC 9068
_REQUIRED = ["exp", "iat", "iss", "aud", "sub", "jti", "sid", "role"]
_CACHE_SECONDS = 30
_CACHE_ENTRIES = 4096
_LEEWAY_SECONDS = 5
_LOOK_AGAIN_SECONDS = 1.0
_LONGEST_TOKEN = 2048
_log = get_logger(__name__)


class Verifier:
    """Verifies tokens of ``issuer`` for ``audience`` with the keys of ``jwks_file``.

    A verified token is remembered for at most 30 s and never past its expiry: verifying costs more than a whole route.
    """

    def __init__(self, jwks_file: Path, *, issuer: str, audience: str) -> None:
        self._file = jwks_file
        self._issuer = issuer
        self._audience = audience
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._stamp: tuple[int, int, int] | None = None
        self._looked_at = float("-inf")
        self._verified: dict[bytes, tuple[Principal, float]] = {}

    def verify(self, token: str) -> Principal:
        """Return the caller, or raise Unauthorized (401) without saying which check failed."""
        self._read_keys()
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        known = self._verified.get(digest)
        if known is not None and known[1] > time():
            return known[0]
        principal, expires = self._decode(token)
        if len(self._verified) >= _CACHE_ENTRIES:
            self._verified.clear()
        self._verified[digest] = (principal, min(time() + _CACHE_SECONDS, expires))
        return principal

    def _read_keys(self) -> None:
        if monotonic() - self._looked_at < _LOOK_AGAIN_SECONDS:
            return
        self._looked_at = monotonic()
        try:
            status = os.stat(self._file)
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            if stamp == self._stamp:
                return
            self._keys = keys_by_id(json.loads(self._file.read_text()))
            self._stamp = stamp
            # A key that left the file must stop working now, not when the cache forgets.
            self._verified.clear()
        except (OSError, ValueError) as error:
            # Keep the keys we have: a half-written file must not log everybody out.
            _log.error("cannot read the public keys", file=str(self._file), error=repr(error))

    def _decode(self, token: str) -> tuple[Principal, float]:
        try:
            if len(token) > _LONGEST_TOKEN:
                raise ValueError("too long")
            header = jwt.get_unverified_header(token)
            key = self._keys.get(header.get("kid", ""))
            if key is None or header.get("typ") != TOKEN_TYPE:
                raise ValueError("unknown key or type")
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["EdDSA"],
                audience=self._audience,
                issuer=self._issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": _REQUIRED},
            )
            if claims["role"] not in ("user", "admin"):
                raise ValueError("unknown role")
            principal = Principal(
                subject=UUID(claims["sub"]), role=claims["role"], session=UUID(claims["sid"]), token=token
            )
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
            raise Unauthorized(
                "the access token is not valid", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}
            ) from error
        return principal, float(claims["exp"])
