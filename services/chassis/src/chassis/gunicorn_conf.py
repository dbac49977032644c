"""gunicorn's configuration of every service; the unit's environment decides the rest.

SOCKET, PORT, METRICS_PORT, SERVICE; WEB_CONCURRENCY (workers, default 2); WEB_TIMEOUT (seconds, default 30).
"""

import gc
import os

bind = [f"unix:{os.environ['SOCKET']}"] if os.environ.get("SOCKET") else []
if os.environ.get("PORT"):
    bind.append(f"127.0.0.1:{os.environ['PORT']}")

if os.environ.get("METRICS_PORT"):
    bind.append(f"127.0.0.1:{os.environ['METRICS_PORT']}")

workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "chassis.worker.Worker"
proc_name = f"longhouse-{os.environ.get('SERVICE', 'service')}"

timeout = int(os.environ.get("WEB_TIMEOUT", "30"))
graceful_timeout = 25
# Longer than the edge keeps its connections, so that it is never us who closes one it is about to use.
keepalive = 75
# Bursts wait here rather than being refused; the kernel caps it at net.core.somaxconn.
backlog = 1024

# The application opens nothing at import (see chassis.resources), so forking after the import is safe and the workers
# share its memory; a release that cannot be imported stops at once instead of in every worker.
preload_app = True
# No one reads it, and it wants a writable directory.
control_socket_disable = True
accesslog = None
errorlog = "-"
# The directory decides who may connect.
umask = 0


def pre_fork(server: object, worker: object) -> None:
    """Keep the collector away from the shared pages."""
    gc.collect()
    gc.freeze()


def post_worker_init(worker: object) -> None:
    """Long-lived objects make young collections useless work: collect less often."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
