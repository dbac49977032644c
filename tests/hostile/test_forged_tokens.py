"""Access and refresh tokens that nobody issued, or that are over."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from tests.e2e.client import Client
from tests.e2e.sandbox import Sandbox
from tests.e2e.tokens import unpacked
from tests.hostile.attack import Attack

PLACES = ("/api/auth/sessions", "/api/users", "/api/orders", "/api/notifications")
NO_ALGORITHM: tuple[Any, ...] = ("none", "None", "NONE", "nOnE", "", None, 0, [])
SIGNING_KEY = "/etc/longhouse/credentials/user/signing_key"


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def packed(header: dict[str, Any], claims: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """A token of any content; no library would make most of these."""
    text = f"{base64url(json.dumps(header).encode())}.{base64url(json.dumps(claims).encode())}"
    return f"{text}.{base64url(sign(text.encode()))}"


class Forge:
    """A real token taken apart, and ways to put it together again."""

    def __init__(self, token: str, sandbox: Sandbox, public: dict[str, str]) -> None:
        self.token = token
        self.head, self.body, self.signature = token.split(".")
        self.header, self.claims = unpacked(self.head), unpacked(self.body)
        # The key itself, from the host: only so is a token wrong in one claim and right in everything else.
        pem = sandbox.run(f"systemd-creds decrypt --name=signing_key {SIGNING_KEY} -")
        real = load_pem_private_key(pem.encode(), password=None)
        assert isinstance(real, Ed25519PrivateKey)
        self._real = real
        self._stranger = Ed25519PrivateKey.generate()
        self._public = base64.urlsafe_b64decode(public["x"] + "==")
        self._jwk = public

    def unsigned(self, algorithm: Any, **claims: Any) -> str:
        return packed(self.header | {"alg": algorithm}, self.claims | claims, lambda _: b"")

    def with_secret(self, secret: bytes, digest: str, **claims: Any) -> str:
        """Signed as if `secret` were a shared one: the confusion of algorithms."""
        header = self.header | {"alg": digest.replace("sha", "HS")}
        return packed(header, self.claims | claims, lambda text: hmac.digest(secret, text, digest))

    def ours(self, *, header: dict[str, Any] | None = None, without: str = "", **claims: Any) -> str:
        """Signed with the real key."""
        content = {name: value for name, value in (self.claims | claims).items() if name != without}
        return packed(self.header | (header or {}), content, self._real.sign)

    def theirs(self, **header: Any) -> str:
        """Signed with a key of the forger's own."""
        return packed(self.header | header, self.claims, self._stranger.sign)

    def _with(self, **claims: Any) -> str:
        return base64url(json.dumps(self.claims | claims).encode())

    def made(self) -> dict[str, str]:
        """All forgeries by name."""
        now = int(time.time())
        pem = self._stranger.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        own = base64url(self._stranger.public_key().public_bytes_raw())
        x = self._jwk["x"].encode()
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": own}
        return {
            **{f"alg {name!r}": self.unsigned(name) for name in NO_ALGORITHM},
            "alg none as admin": self.unsigned("none", role="admin"),
            "alg none with the real signature": self.unsigned("none") + self.signature,
            **{f"{name} with the public key": self.with_secret(self._public, name) for name in ("sha256", "sha512")},
            "HS256 with the public key as text": self.with_secret(x, "sha256", role="admin"),
            "HS256 with the public key as JSON": self.with_secret(json.dumps(self._jwk).encode(), "sha256"),
            "HS256 with nothing": self.with_secret(b"", "sha256"),
            "HS256 with a guess": self.with_secret(b"secret", "sha256"),
            "expired": self.ours(iat=now - 700, exp=now - 100),
            "not yet valid": self.ours(nbf=now + 3600),
            "issued in the future": self.ours(iat=now + 3600, exp=now + 7200),
            "without expiry": self.ours(without="exp"),
            "expiry as text": self.ours(exp="never"),
            "expiry as infinity": self.ours(exp=1e400),
            "other audience": self.ours(aud="elsewhere"),
            "no audience": self.ours(without="aud"),
            "other issuer": self.ours(iss="https://elsewhere.example"),
            "no issuer": self.ours(without="iss"),
            "no session": self.ours(without="sid"),
            "session is no id": self.ours(sid="*"),
            "subject is no id": self.ours(sub="' OR 1=1 --"),
            "other role": self.ours(role="root"),
            "role as a list": self.ours(role=["admin"]),
            "other type": self.ours(header={"typ": "JWT"}),
            "no type": self.ours(header={"typ": None}),
            "unknown key": self.ours(header={"kid": "unknown"}),
            "key is a path": self.ours(header={"kid": "../../../dev/null"}),
            "key is a query": self.ours(header={"kid": "' UNION SELECT 'x"}),
            "key is no text": self.ours(header={"kid": None}),
            "old key": self.theirs(),
            "own key in the header": self.theirs(jwk=jwk),
            "own key at an address": self.theirs(jku="https://elsewhere.example/jwks.json"),
            "own certificate": self.theirs(x5u="https://elsewhere.example/x", x5c=[pem.decode()[:40]]),
            "critical extension": self.theirs(crit=["exp"]),
            "truncated signature": self.token[:-4],
            "truncated to nothing": f"{self.head}.{self.body}.",
            "without signature": f"{self.head}.{self.body}",
            "signature of zeros": f"{self.head}.{self.body}.{base64url(bytes(64))}",
            "as admin with the old signature": f"{self.head}.{self._with(role='admin')}.{self.signature}",
            "other subject with the old signature": f"{self.head}.{self._with(sub=str(uuid4()))}.{self.signature}",
            "four parts": self.token + ".x",
            "encrypted form": f"{self.head}.{self.body}.{self.signature}.a.b",
            "very long": self.token + "A" * 6000,
            "not ASCII": "Ünsinn.ä.ö",
            "a number": "0",
            "JSON": json.dumps(self.claims),
        }


def test_forged_access_tokens_open_nothing(attack: Attack, customer: Client, anybody: Client, sandbox: Sandbox) -> None:
    public = anybody.get("/.well-known/jwks.json").json()["keys"][0]
    forge = Forge(customer.tokens["access_token"], sandbox, public)
    # The forge is good: what it signs with nothing changed is let in.
    assert anybody.get("/api/orders", headers={"Authorization": f"Bearer {forge.ours()}"}).status_code == 200
    opened = []
    for name, token in forge.made().items():
        for path in PLACES:
            header = f"Bearer {token}".encode()
            if attack(anybody, "GET", path, headers={"Authorization": header}).status_code not in (400, 401):
                opened.append((name, path))
    assert opened == []


@pytest.mark.parametrize(
    "scheme", ["Basic {}", "bearer{}", "Token {}", "{}", "Bearer  {} x", "Bearer\t{},{}", "Bearer"]
)
def test_a_token_in_another_dress_opens_nothing(attack: Attack, customer: Client, anybody: Client, scheme: str) -> None:
    worn = scheme.replace("{}", customer.tokens["access_token"])
    assert attack(anybody, "GET", "/api/orders", headers={"Authorization": worn}).status_code == 401


@pytest.mark.parametrize("path", ["/api/orders?access_token={}", "/api/orders?token={}", "/api/orders?jwt={}"])
def test_a_token_in_the_address_opens_nothing(attack: Attack, customer: Client, anybody: Client, path: str) -> None:
    assert attack(anybody, "GET", path.format(customer.tokens["access_token"])).status_code == 401


def test_a_token_in_a_cookie_opens_nothing(attack: Attack, customer: Client, anybody: Client) -> None:
    cookie = f"access_token={customer.tokens['access_token']}; Authorization=Bearer {customer.tokens['access_token']}"
    assert attack(anybody, "GET", "/api/orders", headers={"Cookie": cookie}).status_code == 401


def test_tokens_of_an_ended_session_open_nothing_anywhere(attack: Attack, customer: Client) -> None:
    refresh_token = customer.tokens["refresh_token"]
    assert customer.post("/api/auth/logout").status_code == 204
    for path in (*PLACES, f"/api/users/{customer.user['id']}"):
        assert attack(customer, "GET", path).status_code == 401
    body = {"refresh_token": refresh_token}
    assert attack(customer, "POST", "/api/auth/refresh", json=body).status_code == 401


def forged_refresh_tokens(mine: str, other: str) -> dict[str, str]:
    """Layout: session (16 bytes), secret (32), seal (16)."""
    own, victim = (base64.urlsafe_b64decode(token) for token in (mine, other))
    return {
        "the other's session, my secret": base64.urlsafe_b64encode(victim[:16] + own[16:]).decode(),
        "the other's session, no secret": base64.urlsafe_b64encode(victim[:16] + bytes(48)).decode(),
        "the other's session and seal": base64.urlsafe_b64encode(victim[:16] + own[16:48] + victim[48:]).decode(),
        "truncated": other[:-8],
        "twice": other + other,
        "a bit flipped": base64.urlsafe_b64encode(victim[:20] + bytes([victim[20] ^ 1]) + victim[21:]).decode(),
        "an unknown session": base64.urlsafe_b64encode(UUID(int=1).bytes + victim[16:]).decode(),
        "a pattern": "*" * 64,
        "another key": "user:sessions:*",
    }


def test_made_up_refresh_tokens_neither_renew_nor_end_a_session(
    attack: Attack, customer: Client, stranger: Client
) -> None:
    forged = forged_refresh_tokens(customer.tokens["refresh_token"], stranger.tokens["refresh_token"])
    for name, token in forged.items():
        answer = attack(customer, "POST", "/api/auth/refresh", json={"refresh_token": token})
        assert answer.status_code in (401, 422), name
    assert stranger.get("/api/auth/sessions").status_code == 200
    renewed = stranger.post("/api/auth/refresh", json={"refresh_token": stranger.tokens["refresh_token"]})
    assert renewed.status_code == 200


def test_an_access_token_is_no_refresh_token_nor_the_other_way_round(
    attack: Attack, customer: Client, anybody: Client
) -> None:
    access_token, refresh_token = customer.tokens["access_token"], customer.tokens["refresh_token"]
    swapped = attack(anybody, "POST", "/api/auth/refresh", json={"refresh_token": access_token[:200]})
    assert swapped.status_code == 401
    headers = {"Authorization": f"Bearer {refresh_token}"}
    assert attack(anybody, "GET", "/api/orders", headers=headers).status_code == 401
