"""What stands in an access token, for whoever looks at it without verifying it."""

from __future__ import annotations

import base64
import json
from typing import Any


def unpacked(part: str) -> dict[str, Any]:
    """The head or the claims of a token: base64url without padding, of JSON."""
    content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return content
