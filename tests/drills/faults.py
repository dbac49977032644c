"""What is broken in a drill, how it is mended, and which alert must come."""

from __future__ import annotations

from dataclasses import dataclass, field

_TEXTFILES = "/var/lib/prometheus/node-exporter"
_ORDER_DATABASE = "runuser -u postgres -- psql -q longhouse_order -c"
_PUBLISH = """rabbitmqctl -q add_user drill drill && rabbitmqctl -q set_user_tags drill management \
&& rabbitmqctl -q set_permissions -p longhouse drill '^$' '.*' '.*' && python3 - <<'END'
import base64, json, urllib.request
body = {"properties": {}, "routing_key": "order.events", "payload": "no event", "payload_encoding": "string"}
for _ in range(COUNT):
    request = urllib.request.Request("http://127.0.0.1:15672/api/exchanges/longhouse/amq.default/publish",
        json.dumps(body).encode(), {"Authorization": "Basic " + base64.b64encode(b"drill:drill").decode()})
    assert json.load(urllib.request.urlopen(request))["routed"]
END"""
_SLOW_ORDERS = """ALTER TABLE orders RENAME TO orders_away;
CREATE VIEW orders AS SELECT orders_away.* FROM orders_away, (SELECT pg_sleep(0.7)) pause;
GRANT ALL ON orders TO PUBLIC"""
_STOP_FLEET = (
    "systemctl list-units --plain --no-legend 'longhouse-order-fleet@*' | cut -d' ' -f1 > /run/drill-units; "
    "systemctl stop $(cat /run/drill-units)"
)
_START_UNITS = "systemctl start $(cat /run/drill-units)"
# A disk of 200 MB where data may be, of which a third is free and less with every second.
_FILL = """mkdir -p /run/drill && mount -t tmpfs -o size=200m drill /run/drill \
&& mkdir /run/drill/upper /run/drill/work \
&& mount -t overlay -o lowerdir=/srv,upperdir=/run/drill/upper,workdir=/run/drill/work drill /srv \
&& head -c 133M /dev/zero > /srv/filler && systemd-run --quiet --unit=longhouse-drill-filler \
sh -c 'while sleep 5; do head -c 250K /dev/zero >> /srv/filler; done'"""


@dataclass(frozen=True)
class Fault:
    """`breaking` and `mending` are shell commands on the host; `also` may come besides `alert`, and nothing else."""

    name: str
    alert: str
    within: float  # seconds until Alertmanager tells it
    breaking: str
    mending: str
    also: frozenset[str] = field(default_factory=frozenset)
    requests: bool = False  # somebody must ask, or nobody notices


def _publish(count: int) -> str:
    """Put messages into the orders' queue that are none, as a user who lives as long as the drill: nobody else may
    publish to another service's queue."""
    return _PUBLISH.replace("COUNT", str(count))


FAULTS = (
    Fault(
        "a unit fails",
        "UnitFailed",
        120,
        "systemd-run --quiet --unit=longhouse-drill --property=Type=oneshot /bin/false; true",
        "systemctl reset-failed longhouse-drill",
    ),
    Fault(
        "a backup is old",
        "BackupTooOld",
        90,
        f"echo 'longhouse_backup_last_success_timestamp_seconds{{repository=\"drill\"}} 1' > {_TEXTFILES}/drill.prom",
        f"rm {_TEXTFILES}/drill.prom",
    ),
    Fault(
        "a message is poison",
        "DeadLetters",
        90,
        _publish(1),
        "rabbitmqctl -q delete_user drill; rabbitmqctl -q purge_queue -p longhouse order.events.dead",
    ),
    Fault(
        "the broker has an alarm",
        "RabbitmqAlarm",
        90,
        "rabbitmqctl -q set_vm_memory_high_watermark absolute 10MB",
        "rabbitmqctl -q set_vm_memory_high_watermark absolute 512MB",
    ),
    Fault(
        "the database is down",
        "PostgresqlDown",
        120,
        "systemctl stop postgresql@17-main",
        "systemctl start postgresql@17-main",
    ),
    Fault(
        "the cache is down",
        "RedisDown",
        120,
        "systemctl stop redis-server@cache",
        "systemctl start redis-server@cache",
    ),
    Fault(
        "a service is down",
        "ServiceDown",
        150,
        "systemctl list-units --plain --no-legend 'longhouse-notification@*' | cut -d' ' -f1 > /run/drill-units; "
        "systemctl stop $(cat /run/drill-units)",
        "systemctl start $(cat /run/drill-units)",
    ),
    Fault(
        "a fleet is gone",
        "QueueWithoutConsumer",
        240,
        _STOP_FLEET,
        _START_UNITS,
    ),
    Fault(
        "a queue grows",
        "QueueBacklog",
        300,
        f"{_STOP_FLEET} && {_publish(1100)}",
        f"rabbitmqctl -q delete_user drill; rabbitmqctl -q purge_queue -p longhouse order.events; {_START_UNITS}",
        also=frozenset({"QueueWithoutConsumer"}),
    ),
    Fault(
        "a disk fills",
        "DiskFilling",
        480,
        _FILL,
        "systemctl stop longhouse-drill-filler; umount /srv; umount /run/drill",
    ),
    Fault(
        "a certificate ends soon",
        "CertificateEndsSoon",
        90,
        "cp -a /etc/longhouse/tls /run/drill-tls && cd /etc/longhouse/tls && openssl req -x509 -newkey ec -nodes "
        "-days 5 -pkeyopt ec_paramgen_curve:P-256 -subj /CN=drill -keyout key.pem -out fullchain.pem 2>&1 "
        "&& systemctl reload nginx",
        "cp -a /run/drill-tls/. /etc/longhouse/tls/ && rm -r /run/drill-tls && systemctl reload nginx",
    ),
    Fault(
        "answers are slow",
        "SlowResponses",
        300,
        f"{_ORDER_DATABASE} '{_SLOW_ORDERS}'",
        f"{_ORDER_DATABASE} 'DROP VIEW orders; ALTER TABLE orders_away RENAME TO orders'",
        requests=True,
    ),
    # Last: what it burnt of the error budget is told for half an hour.
    Fault(
        "a table is missing",
        "ErrorBurst",
        180,
        f"{_ORDER_DATABASE} 'ALTER TABLE orders RENAME TO orders_away'",
        f"{_ORDER_DATABASE} 'ALTER TABLE orders_away RENAME TO orders'",
        also=frozenset({"ErrorBudgetBurnsFast"}),
        requests=True,
    ),
)
