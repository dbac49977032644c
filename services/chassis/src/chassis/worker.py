"""The gunicorn worker: uvicorn on uvloop and httptools, nothing it does not need."""

from typing import Any

from uvicorn_worker import UvicornWorker  # type: ignore[import-untyped]


class Worker(UvicornWorker):  # type: ignore[misc]
    """The edge writes the access log and the forwarded headers, so uvicorn does neither."""

    CONFIG_KWARGS: dict[str, Any] = {  # noqa: RUF012 - the parent's spelling
        "loop": "uvloop",
        "http": "httptools",
        "ws": "none",
        "lifespan": "on",
        "access_log": False,
        "proxy_headers": False,
        "server_header": False,
    }
