"""Rules of one entry that types cannot say: how names are spelled and which keys go together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Record = Mapping[str, Any]
Complaint = tuple[str, str]  # key path, what is wrong and what to write instead

# These would take the place of a user, an exchange, a unit or a directory of the platform itself, or be taken for it.
RESERVED_NAMES = frozenset({
    "longhouse", "default", "shared", "credentials", "events", "dead", "tasks",
    "acme", "alert", "backup", "certificate", "console", "edge",
    "exporters", "firewall", "grafana", "links", "mailsink", "nginx", "objectstore", "postgresql", "prometheus",
    "rabbitmq", "redis", "restore", "snapshot", "snapshots", "tls", "trusted",
    "artifacts", "bin", "environments", "wheels",
})  # fmt: skip
DERIVED_CREDENTIALS = frozenset({"redis_password", "broker_password", "cursor_key"})
PLATFORM_SETTINGS = frozenset({
    "SERVICE", "COLOUR", "RELEASE", "PORT", "SOCKET", "ENVIRONMENT", "DATABASE_URL", "DATABASE_POOL",
    "REDIS_CACHE_URL", "REDIS_STATE_URL", "REDIS_USERNAME", "BROKER_URL", "INTERNAL_EDGE_URL", "PUBLIC_URL",
    "JWKS_FILE", "CREDENTIALS_DIRECTORY", "WEB_CONCURRENCY", "WEB_TIMEOUT", "BODY_LIMIT",
})  # fmt: skip
# An application of somebody else may want another driver, or another form, in these.
ADDRESSES = frozenset({"DATABASE_URL", "REDIS_URL", "BROKER_URL"})
SECRET_SETTING = re.compile(r"(\w*_)?(PASSWORD|SECRET|TOKEN|PRIVATE_KEY|SECRET_KEY|API_KEY)")
EDGE_ROUTES = ("/health", "/docs", "/openapi", "/console", "/.well-known/acme-challenge")

NAME = (re.compile(r"[a-z][a-z0-9_]{1,19}"), "2 to 20 of a-z, 0-9 and _, beginning with a letter")
WORD = (re.compile(r"[a-z][a-z0-9_]{0,39}"), "a-z, 0-9 and _, beginning with a letter")
OBJECT = (re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*"), "module:attribute, such as orders.main:app")
APPLICATION = (
    re.compile(rf"{OBJECT[0].pattern}(\(\))?"),
    "module:attribute or module:function(), e.g. orders.main:app",
)
# The command ends up in supervisord's configuration, where %, quotes and line ends have a meaning.
COMMAND = (re.compile(r"[A-Za-z0-9][\w./:=@, -]*"), "a console script and plain arguments, such as order-relay")
PATH = (re.compile(r"(?!/)(?!.*(^|/)\.\.(/|$))[\w./-]+"), "a directory inside the repository, such as services/order")
ROUTE = (re.compile(r"(/[A-Za-z0-9._~-]+)+|/"), "a path prefix without a slash at its end, such as /api/orders")
HEALTH = (re.compile(r"(/[A-Za-z0-9._~-]*)+"), "a path, such as /healthz")
EVENT = (re.compile(r"([a-z][a-z0-9_]*\.)+(\*|[a-z0-9_]+)"), "a type such as order.placed.v1, or order.*")
MEMORY = (re.compile(r"[1-9][0-9]*[KMG]"), "a size such as 384M")
BODY = (re.compile(r"[1-9][0-9]*[km]"), "a size such as 64k")
KEY = (re.compile(r"[A-Z][A-Z0-9_]*"), "capitals, digits and _")

SPELLINGS: dict[str, tuple[re.Pattern[str], str]] = {
    "name": NAME, "path": PATH, "app": APPLICATION, "migrate": COMMAND, "setup": COMMAND,
    "fleet.program": WORD, "fleet.command": COMMAND, "fleet.celery": OBJECT, "fleet.queues": WORD,
    "events.publishes": EVENT, "events.subscribes": EVENT, "credentials": WORD, "supplied": WORD,
    "routes": ROUTE, "health.live": HEALTH, "health.ready": HEALTH, "limits.memory": MEMORY, "limits.body": BODY,
}  # fmt: skip
RANGES = {
    "port": (1024, 64000), "web.workers": (1, 64), "web.timeout": (1, 3600), "database.pool": (1, 100),
    "fleet.concurrency": (1, 64), "fleet.stop_timeout": (1, 3600), "limits.tasks": (16, 32768),
    "limits.requests_per_second": (1, 100000), "limits.burst": (0, 200000),
}  # fmt: skip


def entry_problems(entry: Record) -> Iterator[Complaint]:
    """The first complaint about each place of one shaped entry, as (key path, text)."""
    complaints: dict[str, str] = {}
    for rule in RULES:
        for place, text in rule(entry):
            complaints.setdefault(place, text)
    yield from complaints.items()


def _spelling(entry: Record) -> Iterator[Complaint]:
    for path, (pattern, words) in SPELLINGS.items():
        for place, value in _values(entry, path):
            if value and not pattern.fullmatch(value):
                yield place, f"'{value}' does not fit; write {words}"
    for place, value in _values(entry, "name"):
        if value in RESERVED_NAMES:
            yield place, f"'{value}' belongs to the platform; choose another name"


def _ranges(entry: Record) -> Iterator[Complaint]:
    for path, (low, high) in RANGES.items():
        for place, value in _values(entry, path):
            if not low <= value <= high:
                yield place, f"{value} is outside {low} to {high}"


def _repetitions(entry: Record) -> Iterator[Complaint]:
    for path in ("setup", "redis", "events.publishes", "events.subscribes", "credentials", "supplied", "calls",
                 "routes", "fleet.program"):  # fmt: skip
        seen: set[str] = set()
        for place, value in _values(entry, path):
            if value in seen:
                yield place, f"'{value}' is there twice; remove one"
            seen.add(value)


def _fleet(entry: Record) -> Iterator[Complaint]:
    beats = [f"'{program['program']}'" for program in entry["fleet"] if program["beat"]]
    if len(beats) > 1:
        yield "fleet", f"{' and '.join(beats)} are both beat; a schedule runs once, remove one"
    for index, program in enumerate(entry["fleet"]):
        place = f"fleet[{index}]"
        if bool(program["command"]) == bool(program["celery"]):
            yield place, f"program '{program['program']}' needs either command or celery, and not both"
        elif program["command"] and (program["queues"] or program["beat"] or program["concurrency"] != 1):
            yield place, "queues, concurrency and beat belong to a Celery program; remove them or use celery"
        elif program["celery"] and bool(program["queues"]) == program["beat"]:
            yield place, "a Celery program has either queues (a worker) or beat: true (the scheduler)"
        if "events" in program["queues"]:
            yield f"{place}.queues", "'events' is the queue of the service's subscriptions; choose another name"


def _companions(entry: Record) -> Iterator[Complaint]:
    if entry["migrate"] and entry["database"] is None:
        yield "migrate", "there is no database to migrate; add `database: {}` or remove migrate"
    if entry["name"] in entry["calls"]:
        yield "calls", "a service does not call itself; remove it"
    for name in (*entry["credentials"], *entry["supplied"]):
        if name in DERIVED_CREDENTIALS:
            yield "credentials", f"every service has '{name}' already; remove it"
    for name in set(entry["credentials"]) & set(entry["supplied"]):
        yield "supplied", f"'{name}' is in credentials too; keep it in one of the two"


def _edge_routes(entry: Record) -> Iterator[Complaint]:
    for place, route in _values(entry, "routes"):
        taken = [own for own in EDGE_ROUTES if route == own or route.startswith(f"{own}/")]
        if taken:
            yield place, f"'{route}' is answered by the edge itself ({taken[0]}); choose another path"


def _settings(entry: Record) -> Iterator[Complaint]:
    foreign = entry["web"]["interface"] != "chassis"
    for key, value in entry["settings"].items():
        place = f"settings.{key}"
        if not KEY[0].fullmatch(str(key)):
            yield place, f"does not fit; write {KEY[1]}"
        elif key in PLATFORM_SETTINGS and not (foreign and key in ADDRESSES):
            yield place, "is set by the platform; remove it"
        elif SECRET_SETTING.fullmatch(key):
            yield place, "looks like a secret, and settings are readable; list its name under supplied or credentials"
        if isinstance(value, (list, dict)) or "\n" in str(value):
            yield place, "expected text, a number or true/false on one line"


def _templates(entry: Record) -> Iterator[Complaint]:
    for place, text in _texts("", entry):
        if "{{" in text or "{%" in text or "{#" in text:
            yield place, "the catalogue is data, without Jinja; use catalogue_overrides for what differs by environment"


RULES: tuple[Callable[[Record], Iterator[Complaint]], ...] = (
    _templates, _spelling, _ranges, _repetitions, _fleet, _companions, _edge_routes, _settings,
)  # fmt: skip


def _values(entry: Record, path: str) -> Iterator[tuple[str, Any]]:
    """Values at a dotted path, stepping into lists, each with the place to name in a complaint."""
    found: list[tuple[str, Any]] = [("", entry)]
    for key in path.split("."):
        step = [(f"{place}.{key}".lstrip("."), value.get(key)) for place, value in found if value is not None]
        found = [
            pair
            for place, value in step
            for pair in (
                [(f"{place}[{index}]", item) for index, item in enumerate(value)]
                if isinstance(value, list) else [(place, value)]
            )
        ]  # fmt: skip
    return (pair for pair in found if pair[1] is not None)


def _texts(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(f"{place}.{key}".lstrip("."), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(f"{place}[{index}]", item)
