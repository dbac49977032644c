"""JSON over HTTP from programs on this host's loopback."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from longhouse_console.problems import SourceError

_MOST_BYTES = 16 * 1024 * 1024
# Loopback alone is asked, whatever the environment says about proxies.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def call(
    name: str, url: str, *, seconds: float, headers: Mapping[str, str] | None = None, body: object = None,
    method: str = "",
) -> tuple[int, Any]:  # fmt: skip
    """Status and decoded body (None when it is no JSON). SourceError when nobody answers within `seconds`."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 - the address is ours, always http://127.0.0.1
        url, data=data, method=method or ("GET" if data is None else "POST"),
        headers={"Accept": "application/json", "Content-Type": "application/json", **(headers or {})},
    )  # fmt: skip
    try:
        with _opener.open(request, timeout=seconds) as response:
            return response.status, _decoded(response.read(_MOST_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _decoded(error.read(_MOST_BYTES))
    except TimeoutError as error:
        raise SourceError(f"{name} did not answer within {seconds:g} s") from error
    except OSError as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            raise SourceError(f"{name} did not answer within {seconds:g} s") from error
        raise SourceError(f"{name} does not answer: {getattr(reason, 'strerror', None) or reason}") from error


def _decoded(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None
