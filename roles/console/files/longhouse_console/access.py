"""Who is asking. Over the edge: an admin's access token. Over the operators' socket: whoever may open it, root."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jwt

from longhouse_console import http_source
from longhouse_console.problems import Problem, SourceError

TOKEN_TYPE = "at+jwt"  # noqa: S105 - the media type of RFC 9068
_REQUIRED = ["exp", "iat", "iss", "aud", "sub", "sid", "role"]
_LONGEST_TOKEN = 2048
_LEEWAY_SECONDS = 5
# How long an ended session, or a role taken away, may still read.
_CONFIRMED_SECONDS = 10.0
_KEPT = 64
_USER_SECONDS = 1.5


@dataclass(frozen=True)
class Caller:
    """`name` is for the record; `confirmed` says that user-service knows the session and the role right now."""

    name: str
    way: str
    confirmed: bool = True


OPERATOR = Caller("root (over ssh)", "operator")


@dataclass(frozen=True)
class Issuer:
    """What an access token must say, and where its keys and its user are asked for."""

    name: str
    audience: str
    keys: Path
    users: str


class Access:
    """Verifies tokens by themselves first, so that the console can be read while user-service is down."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer
        self._known: dict[bytes, tuple[Caller, float]] = {}

    def caller(self, authorization: str) -> Caller:
        """The admin behind `Bearer …`; Problem 401 without a valid token, 403 for anybody else."""
        kind, _, token = authorization.partition(" ")
        if kind.lower() != "bearer" or not token:
            raise Problem(401, "Sign in as an admin.")
        digest = hashlib.sha256(token.encode()).digest()
        caller, until = self._known.get(digest, (None, 0.0))
        if caller is None or time.monotonic() >= until:
            claims = self._verified(token)
            if claims["role"] != "admin":
                raise Problem(403, "The console is for admins.")
            caller = self._confirmed(claims, token)
            if len(self._known) >= _KEPT:
                self._known.clear()
            # Never past the token's own end.
            left = float(claims["exp"]) + _LEEWAY_SECONDS - time.time()
            self._known[digest] = (caller, time.monotonic() + min(_CONFIRMED_SECONDS, left))
        return caller

    def _verified(self, token: str) -> dict[str, Any]:
        try:
            if len(token) > _LONGEST_TOKEN:
                raise ValueError("too long")
            header = jwt.get_unverified_header(token)
            if header.get("typ") != TOKEN_TYPE:
                raise ValueError("not an access token")
            claims: dict[str, Any] = jwt.decode(
                token, self._key(header.get("kid", "")), algorithms=["EdDSA"], audience=self._issuer.audience,
                issuer=self._issuer.name, leeway=_LEEWAY_SECONDS, options={"require": _REQUIRED},
            )  # fmt: skip
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
            raise Problem(401, "The sign-in is over; sign in again.") from error
        return claims

    def _key(self, identity: str) -> Any:
        """Read each time: keys are rotated under us, and a token is verified every ten seconds at most."""
        try:
            keys: list[Mapping[str, Any]] = json.loads(self._issuer.keys.read_text(encoding="utf-8"))["keys"]
        except (OSError, ValueError, KeyError) as error:
            raise Problem(503, "The public keys for access tokens cannot be read on this host.") from error
        for key in keys:
            if key.get("kid") == identity and key.get("crv") == "Ed25519":
                return jwt.PyJWK(dict(key), algorithm="EdDSA").key
        raise ValueError("unknown key")

    def _confirmed(self, claims: Mapping[str, Any], token: str) -> Caller:
        """What user-service says of the session and the role; its silence leaves the token's own word, unconfirmed."""
        caller = Caller(f"user {claims['sub']}", "token")
        address = f"{self._issuer.users}/api/users/{claims['sub']}"
        try:
            status, user = http_source.call(
                "user-service", address, seconds=_USER_SECONDS, headers={"Authorization": f"Bearer {token}"}
            )
        except SourceError:
            return replace(caller, confirmed=False)
        if status in (401, 403, 404):
            raise Problem(401, "The sign-in is over; sign in again.")
        if status != 200 or not isinstance(user, dict):
            return replace(caller, confirmed=False)
        if user.get("role") != "admin":
            raise Problem(403, "The console is for admins.")
        return replace(caller, name=str(user.get("email", caller.name)))
