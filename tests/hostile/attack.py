"""What an attack begins with: the one who sends it, and bodies that nothing is wrong with yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2

# The fixture of that name: ``attack(client, method, path, …)``.
Attack = Callable[..., httpx2.Response]

LINE: dict[str, Any] = {"sku": "A", "name": "A", "quantity": 1, "unit_price": 100}
ORDER: dict[str, Any] = {"items": [LINE], "currency": "EUR"}
# Only admins may send it.
MESSAGE: dict[str, Any] = {
    "channel": "email",
    "to": "nobody@example.com",
    "template": "message",
    "data": {"subject": "x", "text": "x"},
}
