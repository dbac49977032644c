"""Words for one reader only, sealed to a service's public key (HPKE, RFC 9180): nothing on the way can read them.

The public halves of the keys are in the key set of the host, beside those that verify tokens, with ``use: enc``. What
is sealed names its ``purpose``: moved to another place it does not open.
"""

import base64
import binascii
import json
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
# What decrypt raises for a wrong key, a wrong purpose and bytes that nobody sealed.
_UNOPENED = (InvalidTag, ValueError)


class NoSealingKeyError(RuntimeError):
    """The key set holds no key to seal with; the message names the file and what to do."""


class SealBrokenError(ValueError):
    """These words were sealed to another key, for another purpose, or by nobody."""


def seal(words: str, *, to: str, purpose: str, jwks_file: Path) -> str:
    """Return ``words`` (as base64url) readable only by service ``to``, whose public key is in ``jwks_file``.

    Raises NoSealingKeyError when it is not.
    """
    sealed = _SUITE.encrypt(words.encode(), _public_key(to, jwks_file), purpose.encode())
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def unseal(sealed: str, *, purpose: str, private_key: str) -> str:
    """Return the words; SealBrokenError when they are not for us or not for this ``purpose``.

    ``private_key`` is the credential ``sealing_key``: 32 bytes as base64url.
    """
    try:
        key = X25519PrivateKey.from_private_bytes(_decoded(private_key))
        return _SUITE.decrypt(_decoded(sealed), key, purpose.encode()).decode()
    except (*_UNOPENED, binascii.Error) as error:
        raise SealBrokenError("sealed to another key or for another purpose") from error


def _public_key(service: str, jwks_file: Path) -> X25519PublicKey:
    # Read each time: sealing is rare, and a rotation replaces the file under us.
    for jwk in json.loads(jwks_file.read_text())["keys"]:
        if jwk.get("crv") == "X25519" and jwk.get("use") == "enc" and jwk.get("kid") == service:
            return X25519PublicKey.from_public_bytes(_decoded(jwk["x"]))
    advice = "list sealing_key under its credentials in the catalogue"
    raise NoSealingKeyError(f"{jwks_file} has no key of {service} to seal with; {advice}")


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
