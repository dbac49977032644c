"""gunicorn's configuration of an application that knows nothing of Longhouse; the unit's environment decides the rest.

SOCKET, PORT, SERVICE, INTERFACE (asgi or wsgi); WEB_CONCURRENCY (workers, default 2); WEB_THREADS (of a WSGI worker,
default 4); WEB_TIMEOUT (seconds, default 30).
"""

import os
from typing import Any

from longhouse_server.credentials import take_credentials
from longhouse_server.identity import Identity

# Before the application is imported, which is when most of them look.
take_credentials()

_asgi = os.environ.get("INTERFACE", "asgi") == "asgi"

bind = [f"unix:{os.environ['SOCKET']}"] if os.environ.get("SOCKET") else []
if os.environ.get("PORT"):
    bind.append(f"127.0.0.1:{os.environ['PORT']}")

workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 1 if _asgi else int(os.environ.get("WEB_THREADS", "4"))
worker_class = f"longhouse_server.workers.{'AsgiWorker' if _asgi else 'WsgiWorker'}"
proc_name = f"longhouse-{os.environ.get('SERVICE', 'service')}"

timeout = int(os.environ.get("WEB_TIMEOUT", "30"))
graceful_timeout = 25
# ASGI: longer than the edge keeps its connections, so that it is never us who closes one it is about to use.
# WSGI: the connection ends with the answer, which is what lets a colour be drained; over a socket a new one is cheap.
keepalive = 75 if _asgi else 0
backlog = 1024

# An application may open connections when it is imported, and those do not survive a fork.
preload_app = False
control_socket_disable = True
accesslog = None
errorlog = "-"
# The directory decides who may connect.
umask = 0


def post_worker_init(worker: Any) -> None:
    """Put the host's part around the application, which has just been loaded."""
    from longhouse_server.asgi import HostedAsgi  # noqa: PLC0415 - each worker needs one of the two
    from longhouse_server.wsgi import HostedWsgi  # noqa: PLC0415

    worker.wsgi = (HostedAsgi if _asgi else HostedWsgi)(worker.wsgi, Identity.of())
