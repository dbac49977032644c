"""Refresh tokens: opaque, sealed, and their successor readable only by their holder."""

import base64
from uuid import uuid4

from users.sessions.refresh_tokens import RefreshToken, new_seal_key

KEY = new_seal_key()


def test_round_trip() -> None:
    token = RefreshToken.issue(uuid4(), KEY)
    assert RefreshToken.parse(token.text) == token
    assert token.is_ours(KEY)
    assert len(token.secret) == 32


def test_any_changed_byte_breaks_the_seal_or_names_another_session() -> None:
    token = RefreshToken.issue(uuid4(), KEY)
    raw = base64.urlsafe_b64decode(token.text)
    for index in range(16, len(raw)):
        changed = bytearray(raw)
        changed[index] ^= 1
        parsed = RefreshToken.parse(base64.urlsafe_b64encode(changed).decode())
        assert parsed is not None
        assert not parsed.is_ours(KEY)
    assert not token.is_ours(new_seal_key())


def test_only_the_holder_reads_the_successor() -> None:
    token, successor, stranger = (RefreshToken.issue(uuid4(), KEY) for _ in range(3))
    wrapped = token.wrap(successor.secret)
    assert token.unwrap(wrapped) == successor.secret
    assert stranger.unwrap(wrapped) != successor.secret
    assert successor.secret.hex() != wrapped


def test_the_digest_does_not_show_the_secret() -> None:
    token = RefreshToken.issue(uuid4(), KEY)
    assert token.secret.hex() not in token.digest
    assert token.digest == RefreshToken.parse(token.text).digest  # type: ignore[union-attr]
