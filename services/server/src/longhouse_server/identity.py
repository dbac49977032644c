"""Which release this process is, as the unit's environment says, and what it answers when asked whether it is ready."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

READY_PATH = "/.longhouse/ready"
"""Asked by the host on the service's socket; everything else belongs to the application."""
ANSWER_SECONDS = 4.0


@dataclass(frozen=True)
class Identity:
    """`health` is the application's own path that answers 200; `flag` is there while the colour is drained."""

    service: str
    version: str
    colour: str
    health: str
    host: str
    flag: Path | None

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> Identity:
        socket = environment.get("SOCKET")
        return cls(
            service=environment.get("SERVICE", ""),
            version=environment.get("RELEASE", ""),
            colour=environment.get("COLOUR", ""),
            health=environment.get("HEALTH_PATH", "/"),
            host=urlsplit(environment.get("PUBLIC_URL", "")).hostname or "localhost",
            flag=Path(socket).with_suffix(".draining") if socket else None,
        )

    @property
    def draining(self) -> bool:
        return self.flag is not None and self.flag.exists()

    @property
    def signature(self) -> list[tuple[str, str]]:
        """On every answer: the edge notes who answered, by which a release is judged, and keeps it to itself."""
        return [("X-Longhouse-Colour", self.colour), ("X-Longhouse-Release", self.version)]

    @property
    def headers(self) -> dict[str, str]:
        """Of the question to the application: as from the edge, or it would redirect, or not know the host name."""
        return {"host": self.host, "x-forwarded-proto": "https", "user-agent": "longhouse"}

    def readiness(self, status: int, error: str = "") -> tuple[int, bytes]:
        """HTTP status and JSON body, from what the application answered to `health`; 0 when it did not."""
        failed = error or ("" if status == 200 else f"GET {self.health} answered {status}")
        said = "failed" if failed else "draining" if self.draining else "ok"
        check = {"status": "failed" if failed else "ok", **({"error": failed} if failed else {})}
        body = {
            "status": said, "service": self.service, "version": self.version, "colour": self.colour,
            "checks": {"application": check},
        }  # fmt: skip
        return 200 if said == "ok" else 503, json.dumps(body).encode()
