"""JSON over verified TLS, as any client outside the host speaks to the edge."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from control.errors import FailedError

_TIMEOUT = 15.0


class EdgeClient:
    """Calls of one user; `token` is sent as bearer once it is set."""

    def __init__(self, base_url: str, ca_file: Path) -> None:
        self._base_url = base_url
        self._tls = ssl.create_default_context(cafile=str(ca_file))
        self.token = ""

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, **headers: str) -> dict[str, Any]:
        """The JSON answer; FailedError with the problem's own words when the answer is not 2xx or does not come."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            names["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            names["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._base_url + path, data=data, method=method, headers=names)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT, context=self._tls) as answer:  # noqa: S310
                parsed: dict[str, Any] = json.load(answer)
                return parsed
        except urllib.error.HTTPError as error:
            raise FailedError(
                f"{method} {path} answered {error.code}",
                detail=error.read().decode(errors="replace"),
                hint="./longhouse ssh -- journalctl --since=-5min -u 'longhouse-*'",
            ) from error
        except OSError as error:
            raise FailedError(
                f"{method} {self._base_url}{path}: {error}", hint="./longhouse ssh -- systemctl --failed"
            ) from error
