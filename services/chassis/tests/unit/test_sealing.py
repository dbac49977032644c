"""What is sealed is read by one service, for one purpose."""

import json
from pathlib import Path

import pytest

from chassis.security.sealing import NoSealingKeyError, SealBrokenError, seal, unseal
from chassis.testing.tokens import TokenMint

PURPOSE = "password-reset/ada"


@pytest.fixture
def sealed(mint: TokenMint) -> str:
    return seal("open sesame", to="notification", purpose=PURPOSE, jwks_file=mint.jwks_file)


def test_the_reader_reads_it(sealed: str, mint: TokenMint) -> None:
    assert "sesame" not in sealed
    assert unseal(sealed, purpose=PURPOSE, private_key=mint.sealing_key) == "open sesame"


def test_sealed_twice_it_looks_different(sealed: str, mint: TokenMint) -> None:
    assert seal("open sesame", to="notification", purpose=PURPOSE, jwks_file=mint.jwks_file) != sealed


def test_for_another_purpose_it_does_not_open(sealed: str, mint: TokenMint) -> None:
    with pytest.raises(SealBrokenError):
        unseal(sealed, purpose="password-reset/eve", private_key=mint.sealing_key)


def test_another_key_does_not_open_it(sealed: str, tmp_path: Path) -> None:
    with pytest.raises(SealBrokenError):
        unseal(sealed, purpose=PURPOSE, private_key=TokenMint(tmp_path).sealing_key)


@pytest.mark.parametrize("garbage", ["", "A", "AAAA", "A" * 100, "no base64!", "ä"])
def test_what_nobody_sealed_does_not_open(garbage: str, mint: TokenMint) -> None:
    with pytest.raises(SealBrokenError):
        unseal(garbage, purpose=PURPOSE, private_key=mint.sealing_key)


@pytest.mark.parametrize("keys", [[], [{"kty": "OKP", "crv": "X25519", "use": "enc", "kid": "order", "x": "A" * 43}]])
def test_without_the_readers_key_it_says_what_to_do(keys: list[dict[str, str]], tmp_path: Path) -> None:
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": keys}))
    with pytest.raises(NoSealingKeyError, match=r"no key of notification .* credentials in the catalogue"):
        seal("x", to="notification", purpose=PURPOSE, jwks_file=tmp_path / "jwks.json")
