"""The gunicorn worker: uvicorn on uvloop and httptools, nothing it does not need."""

import os
from typing import Any

from uvicorn_worker import UvicornWorker  # type: ignore[import-untyped]


class Worker(UvicornWorker):  # type: ignore[misc]
    """The edge writes the access log and the forwarded headers, so uvicorn does neither."""

    CONFIG_KWARGS: dict[str, Any] = {  # noqa: RUF012 - the parent's spelling
        "loop": "uvloop",
        "http": "httptools",
        # Those of a service that depends on websockets; another one spends nothing on them.
        "ws": "auto",
        "lifespan": "on",
        "access_log": False,
        "proxy_headers": False,
        "server_header": False,
        # On every answer, whatever the application: the edge notes who answered and keeps it to itself.
        "headers": [
            ("X-Longhouse-Colour", os.environ.get("COLOUR", "")),
            ("X-Longhouse-Release", os.environ.get("RELEASE", "")),
        ],
    }
