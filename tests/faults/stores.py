"""PostgreSQL, RabbitMQ and Redis that go away, politely and not."""

from __future__ import annotations

from tests.faults.fault import Fault

UNITS = {
    "PostgreSQL": "postgresql@17-main",
    "RabbitMQ": "rabbitmq-server",
    "Redis cache": "redis-server@cache",
    "Redis state": "redis-server@state",
}
# RabbitMQ needs several seconds to come up on a small machine; nobody shall wait for the end of the command itself.
RESTARTS = tuple(
    Fault(f"restart {name}", f"systemctl restart --no-block {unit}", f"systemctl start {unit}", seconds=(2.0, 4.0))
    for name, unit in UNITS.items()
)
KILLS = tuple(
    # Not healed by us: the unit itself has to come back.
    Fault(f"kill {name}", f"systemctl kill --kill-whom=main -s KILL {unit}", seconds=(1.0, 3.0))
    for name, unit in UNITS.items()
)
OUTAGES = tuple(
    Fault(f"stop {name}", f"systemctl stop --no-block {unit}", f"systemctl start {unit}", seconds=(4.0, 8.0), weight=1)
    for name, unit in UNITS.items()
)
ALARMS = (
    Fault(
        "RabbitMQ memory alarm",
        "rabbitmqctl -q set_vm_memory_high_watermark 0.00001",
        "rabbitmqctl -q set_vm_memory_high_watermark 0.6",
        seconds=(2.0, 6.0),
    ),
    Fault(
        "RabbitMQ disk alarm",
        "rabbitmqctl -q set_disk_free_limit 100000GB",
        "rabbitmqctl -q set_disk_free_limit 50MB",
        seconds=(2.0, 6.0),
    ),
)
BACKENDS = (
    Fault(
        "end all database sessions",
        'runuser -u postgres -- psql -XAtc "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity'
        " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()\"",
    ),
)
STORES = (*RESTARTS, *KILLS, *OUTAGES, *ALARMS, *BACKENDS)
