"""Access tokens: what is accepted, and that everything else is not."""

import base64
import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest

from chassis.problems import Unauthorized
from chassis.security import verifier as module
from chassis.security.principal import Principal
from chassis.security.verifier import Verifier
from chassis.testing.tokens import AUDIENCE, ISSUER, TokenMint


@pytest.fixture
def verifier(mint: TokenMint) -> Verifier:
    return Verifier(mint.jwks_file, issuer=ISSUER, audience=AUDIENCE)


def test_accepts_what_user_service_signs(verifier: Verifier, mint: TokenMint) -> None:
    subject, session = uuid4(), uuid4()
    token = mint.token("admin", subject=subject, session=session)
    principal = verifier.verify(token)
    assert (principal.subject, principal.session, principal.role) == (subject, session, "admin")
    assert token not in repr(principal)
    assert verifier.verify(token) is principal


@pytest.mark.parametrize("claim", ["exp", "iat", "iss", "aud", "sub", "jti", "sid", "role"])
def test_every_claim_is_required(verifier: Verifier, mint: TokenMint, claim: str) -> None:
    claims = mint.claims()
    del claims[claim]
    with pytest.raises(Unauthorized):
        verifier.verify(mint.sign(claims))


PAST = datetime.now(UTC) - timedelta(seconds=10)


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://elsewhere.test"},
        {"aud": "other"},
        {"exp": PAST},
        {"sub": "7"},
        {"sid": "7"},
        {"role": "root"},
        {"role": ["admin"]},
    ],
)
def test_wrong_claims_are_refused(verifier: Verifier, mint: TokenMint, wrong: dict[str, Any]) -> None:
    with pytest.raises(Unauthorized) as refused:
        verifier.verify(mint.sign({**mint.claims(), **wrong}))
    assert refused.value.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize("headers", [{"typ": "JWT"}, {"kid": "unknown"}])
def test_wrong_headers_are_refused(verifier: Verifier, mint: TokenMint, headers: dict[str, str]) -> None:
    with pytest.raises(Unauthorized):
        verifier.verify(mint.sign(mint.claims(), **headers))


def test_only_our_algorithm_and_key(verifier: Verifier, mint: TokenMint, tmp_path: Path) -> None:
    kid = mint.jwk["kid"]
    stranger = TokenMint(tmp_path)
    stranger.jwk = {**stranger.jwk, "kid": kid}
    symmetric = jwt.encode(mint.claims(), mint.jwk["x"].ljust(64, "x"), "HS256", headers={"kid": kid, "typ": "at+jwt"})
    unsigned = jwt.encode(mint.claims(), "", "none", headers={"kid": kid, "typ": "at+jwt"})
    for token in (stranger.token(), symmetric, unsigned):
        with pytest.raises(Unauthorized):
            verifier.verify(token)


def test_a_changed_payload_is_refused(verifier: Verifier, mint: TokenMint) -> None:
    header, _, signature = mint.token("user").split(".")
    claims = {**mint.claims("admin"), "iat": 1, "exp": 99999999999}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    with pytest.raises(Unauthorized):
        verifier.verify(f"{header}.{payload}.{signature}")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "....", "é", "\ud800", "x" * 5000, "bnVsbA.bnVsbA.x"])
def test_nonsense_is_refused(verifier: Verifier, token: str) -> None:
    with pytest.raises(Unauthorized):
        verifier.verify(token)


def test_a_remembered_token_still_expires(verifier: Verifier, mint: TokenMint, monkeypatch: pytest.MonkeyPatch) -> None:
    claims = mint.claims()
    claims["exp"] = datetime.now(UTC) + timedelta(seconds=1)
    token = mint.sign(claims)
    verifier.verify(token)
    later = time.time() + 2
    monkeypatch.setattr(module, "time", lambda: later)
    looked_at: list[str] = []
    real = verifier._decode

    def decode(token: str) -> tuple[Principal, float]:
        looked_at.append(token)
        return real(token)

    monkeypatch.setattr(verifier, "_decode", decode)
    verifier.verify(token)  # within the leeway, but looked at again
    assert looked_at == [token]


def test_follows_the_key_file(mint: TokenMint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_AGAIN_SECONDS", 0)
    old, new = TokenMint(tmp_path), TokenMint(tmp_path)
    file = tmp_path / "published.json"
    verifier = Verifier(file, issuer=ISSUER, audience=AUDIENCE)
    token = old.token()
    with pytest.raises(Unauthorized):
        verifier.verify(token)

    def publish(*mints: TokenMint) -> None:
        other = tmp_path / "new.json"
        other.write_text(json.dumps({"keys": [m.jwk for m in mints]}))
        os.replace(other, file)

    publish(old)
    verifier.verify(token)
    publish(old, new)
    verifier.verify(new.token())
    publish(new)
    with pytest.raises(Unauthorized):
        verifier.verify(token)
    file.write_text("{half a fi")
    verifier.verify(new.token())
