"""Processes that die and processes that freeze."""

from __future__ import annotations

from tests.faults.fault import Fault

# Who it is: the user, how pgrep finds it, and which of those found (oldest, newest, all).
PROCESSES = {
    "order web master": ("order", "m gunicorn .*orders.main:app", "o"),
    "order web worker": ("order", "m gunicorn .*orders.main:app", "n"),
    "user web master": ("user", "m gunicorn .*users.main:app", "o"),
    "user web worker": ("user", "m gunicorn .*users.main:app", "n"),
    "notification web worker": ("notification", "m gunicorn .*notifications.main:app", "n"),
    "notification web master": ("notification", "m gunicorn .*notifications.main:app", "o"),
    "order relay": ("order", "bin/order-relay", "o"),
    "user relay": ("user", "bin/user-relay", "o"),
    "order consumer": ("order", "bin/order-consumer", "o"),
    "notification consumer": ("notification", "bin/notification-consumer", "o"),
    "celery worker": ("notification", "m celery .*app worker", "o"),
    "celery child": ("notification", "m celery .*app worker", "n"),
    "beat": ("notification", "m celery .*app beat", "o"),
    "user supervisord": ("user", "m supervisor.supervisord", "o"),
    "order supervisord": ("order", "m supervisor.supervisord", "o"),
    "notification supervisord": ("notification", "m supervisor.supervisord", "o"),
    "notification fleet": ("notification", "lhctl run-fleet", "o"),
}
# Whoever is frozen, of any service: also one that a failpoint stopped.
THAW = (
    "ps -eo pid=,stat=,user:30= | awk '$2 ~ /^T/ && $3 ~ /^longhouse_/ {print $1}' | xargs -r kill -CONT 2>/dev/null;"
    " true"
)


def kill(name: str) -> Fault:
    """SIGKILL; whoever keeps the process starts another."""
    return Fault(f"kill {name}", _signal(name, "KILL"), seconds=(0.5, 2.0))


def freeze(name: str, *, seconds: tuple[float, float]) -> Fault:
    """SIGSTOP, and SIGCONT at the end."""
    return Fault(f"freeze {name}", _signal(name, "STOP"), THAW, seconds=seconds)


def _signal(name: str, signal: str) -> str:
    service, pattern, which = PROCESSES[name]
    # Between two lives there is nobody to hit: wait for the next one.
    return (
        f"for i in $(seq 100); do pid=$(pgrep -u longhouse_{service} -{which} -f -- '{pattern}') && break; sleep 0.1;"
        f" done; kill -{signal} $pid"
    )


KILLS = tuple(kill(name) for name in PROCESSES)
FREEZES = tuple(freeze(name, seconds=(3.0, 12.0)) for name in PROCESSES)
LONG_FREEZES = tuple(freeze(name, seconds=(30.0, 30.0)) for name in PROCESSES)
