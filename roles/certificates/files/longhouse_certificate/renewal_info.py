"""When the authority itself wants a certificate replaced (ACME Renewal Information, RFC 9773).

None of Debian 13's clients asks for it. An authority that has to revoke what it issued says so here, before clients of
the edge are turned away.
"""

from __future__ import annotations

import base64
import datetime
import json
import random
import urllib.request
from typing import Any

from cryptography import x509

from longhouse_certificate.plan import Plan

SECONDS = 20


def replace_at(plan: Plan, leaf: x509.Certificate) -> datetime.datetime | None:
    """The moment, within the window the authority suggests, at which this host replaces `leaf`.

    None when the authority does not offer such information. Raises OSError when it cannot be reached, and ValueError
    or KeyError when its answer is not what RFC 9773 says.
    """
    place = _ask(plan, plan.directory).get("renewalInfo")
    if place is None:
        return None
    window = _ask(plan, f"{place}/{identifier(leaf)}")["suggestedWindow"]
    start, end = (datetime.datetime.fromisoformat(window[word]) for word in ("start", "end"))
    # Each certificate its own moment in the window, and always the same one: hosts do not come all at once.
    return start + (end - start) * random.Random(leaf.serial_number).random()  # noqa: S311


def identifier(leaf: x509.Certificate) -> str:
    """How RFC 9773 (4.1) names a certificate: key identifier of its issuer, and serial number."""
    issuer = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    if issuer is None:
        raise ValueError("the certificate does not name the key of its issuer")
    # As in DER: one more byte where the first bit would make the number negative.
    serial = leaf.serial_number.to_bytes(leaf.serial_number.bit_length() // 8 + 1, "big")
    return f"{_word(issuer)}.{_word(serial)}"


def _word(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _ask(plan: Plan, address: str) -> dict[str, Any]:
    if not address.startswith("https://"):
        raise ValueError(f"the authority names an address that is not HTTPS: {address}")
    with urllib.request.urlopen(address, timeout=SECONDS, context=plan.trust()) as answer:  # noqa: S310
        found: dict[str, Any] = json.load(answer)
    return found
