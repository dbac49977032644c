"""Projection of the catalogue for role units: records for the templates in systemd/, and the files they render to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

Service = Mapping[str, Any]

MANAGED = "Written by Longhouse (role units) from the catalogue; changes here are overwritten."
COLOURS = ("blue", "green")
# Every service reads which sessions ended, so the state instance is everybody's.
SHARED_INSTANCE = "state"
SUPERVISOR_SECONDS = 15
SIZES = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


def units(services: Sequence[Service], platform: Mapping[str, str], secrets: Mapping[str, str]) -> list[dict[str, Any]]:
    """Unit records of every service that is not retired.

    `platform` has `environment` and `domain`. Of `secrets` only the names count: a credential nobody supplied is not
    loaded. A record holds no secret.
    """
    return [_record(service, platform, secrets) for service in services if service["state"] != "retired"]


def _record(service: Service, platform: Mapping[str, str], secrets: Mapping[str, str]) -> dict[str, Any]:
    name, limits, fleet = service["name"], service["limits"], service["fleet"]
    return {
        "name": name,
        "user": service["user"],
        "migrator": service["migrator"],
        "app": service["app"],
        "server": "chassis" if service["web"]["interface"] == "chassis" else "longhouse_server",
        "ready": service["ready_path"],
        "ports": service["ports"],
        "metrics_ports": service["metrics_ports"],
        "migrate": run(service, service["migrate"]) if service["migrate"] and service["database"] else "",
        "setup": [run(service, command) for command in service["setup"]],
        "fleet": [{**program, "command_line": command_line(service, program)} for program in fleet],
        "fleet_stop_timeout": max((program["stop_timeout"] for program in fleet), default=0) + SUPERVISOR_SECONDS,
        "memory_max": limits["memory_bytes"],
        # Throttled before it is killed.
        "memory_high": limits["memory_bytes"] * 85 // 100,
        "tasks": limits["tasks"],
        # Who holds secrets of other parties has to reach them: from its fleet when there is one, since a request
        # never waits for them. Nobody else has business outside this host.
        "egress": bool(service["supplied"]),
        "credentials": sorted(key.partition("/")[2] for key in secrets if key.startswith(f"{name}/")),
        "migrator_credentials": migrator_credentials(service, secrets),
        "environment": environment(service, platform),
    }


def environment(service: Service, platform: Mapping[str, str]) -> dict[str, str]:
    """What both colours share. The catalogue's own `settings` come last and win."""
    name, database = service["name"], service["database"]
    instances = sorted({*service["redis"], SHARED_INSTANCE})
    return {
        "SERVICE": name,
        "ENVIRONMENT": platform["environment"],
        "PUBLIC_URL": f"https://{platform['domain']}",
        "INTERNAL_EDGE_URL": "http://127.0.0.1:8080",
        "JWKS_FILE": "/etc/longhouse/jwks.json",
        "WEB_CONCURRENCY": str(service["web"]["workers"]),
        "WEB_TIMEOUT": str(service["web"]["timeout"]),
        "BODY_LIMIT": str(_bytes(service["limits"]["body"])),
        **(_database(service, database["pool"]) if database else {}),
        **(_foreign(service) if service["web"]["interface"] != "chassis" else {}),
        **{f"REDIS_{instance.upper()}_URL": f"unix:///run/redis-{instance}/redis.sock" for instance in instances},
        "REDIS_USERNAME": name,
        "BROKER_URL": f"amqp://{name}@127.0.0.1:5672/{service['vhost']}",
        **service["settings"],
    }


def _database(service: Service, pool: int) -> dict[str, str]:
    url = f"postgresql+psycopg:///{service['database_name']}?host=/run/postgresql"
    return {"DATABASE_URL": url, "DATABASE_POOL": str(pool)}


def _foreign(service: Service) -> dict[str, str]:
    """What applications that know nothing of us look for, and what their server needs."""
    name = service["name"]
    found = {"INTERFACE": service["web"]["interface"], "HEALTH_PATH": service["health"]["ready"]}
    if service["redis"]:
        found["REDIS_URL"] = f"unix://{name}@/run/redis-{service['redis'][0]}/redis.sock"
    if service["database"]:
        # Peer authentication over the socket: an address without a secret, in the form every driver reads.
        found |= {"DATABASE_URL": f"postgresql:///{service['database_name']}?host=/run/postgresql"}
        found |= {"PGHOST": "/run/postgresql", "PGDATABASE": service["database_name"]}
    return found


def migrator_credentials(service: Service, secrets: Mapping[str, str]) -> list[str]:
    """Some applications cannot be loaded without their secrets, not even to migrate; ours can, and get none."""
    if service["web"]["interface"] == "chassis":
        return []
    return sorted(name for name in service["credentials"] if f"{service['name']}/{name}" in secrets)


def _bytes(size: str) -> int:
    unit = size[-1].lower()
    return int(size) if unit.isdigit() else int(size[:-1]) * SIZES[unit]


def run(service: Service, command: str, colour: str = "%i") -> str:
    """A command of the release; applications that know no credentials directory get their secrets on the way."""
    binaries = f"/opt/longhouse/{service['name']}/{colour}/venv/bin"
    if service["web"]["interface"] == "chassis":
        return f"{binaries}/{command}"
    return f"{binaries}/python -m longhouse_server {command}"


def command_line(service: Service, program: Mapping[str, Any]) -> str:
    """How supervisord starts a program; the colour is the fleet's own."""
    if not program["celery"]:
        return run(service, program["command"], "%(ENV_COLOUR)s")
    name = service["name"]
    celery = run(service, f"python -m celery --app {program['celery']}", "%(ENV_COLOUR)s")
    if program["beat"]:
        # The kernel's lock lets one scheduler run on this host at any time, also while one fleet follows another.
        return f"/usr/bin/flock --no-fork /run/longhouse/{name}/beat.lock {celery} beat --loglevel INFO"
    queues = ",".join(f"{name}.{queue}" for queue in program["queues"])
    return (
        f"{celery} worker --loglevel INFO --queues {queues} --concurrency {program['concurrency']} "
        f"--hostname {program['program']}.%(ENV_COLOUR)s@%%h --without-gossip --without-mingle --without-heartbeat"
    )


def unit_files(records: Sequence[Mapping[str, Any]], folder: str) -> dict[str, str]:
    """File name to content for /etc/systemd/system: six template units per service, less what it lacks."""
    files = {}
    for record in records:
        kinds = {"": "web", "-preflight": "preflight"}
        kinds |= {"-fleet": "fleet"} if record["fleet"] else {}
        kinds |= {"-migrate": "migrate"} if record["migrate"] else {}
        # Others split their migrations by means of their own.
        kinds |= {"-contract": "contract"} if record["migrate"] and record["server"] == "chassis" else {}
        kinds |= {"-setup": "setup"} if record["setup"] else {}
        for suffix, template in kinds.items():
            name = f"longhouse-{record['name']}{suffix}@.service"
            files[name] = _render(folder, f"{template}.service.j2", service=record)
    return files


def configuration_files(records: Sequence[Mapping[str, Any]], folder: str) -> dict[str, dict[str, str]]:
    """Service to file name to content for /etc/longhouse/<service>/."""
    return {record["name"]: _configuration(record, folder) for record in records}


def _configuration(record: Mapping[str, Any], folder: str) -> dict[str, str]:
    files = {"env": _render(folder, "env.j2", service=record)}
    for colour in COLOURS:
        files[f"{colour}.env"] = _render(folder, "colour.env.j2", service=record, colour=colour)
    if record["fleet"]:
        files["fleet.conf"] = _render(folder, "fleet.conf.j2", service=record)
    return files


def host_files(records: Sequence[Mapping[str, Any]], folder: str, jwks: str) -> dict[str, str]:
    """Path to content of what the host has once."""
    return {
        "/etc/systemd/system/longhouse-links.service": _render(folder, "links.service.j2"),
        "/etc/tmpfiles.d/longhouse-services.conf": _render(folder, "tmpfiles.conf.j2", services=records),
        "/etc/longhouse/jwks.json": jwks,
    }


def credentials(services: Sequence[Service], secrets: Mapping[str, str]) -> dict[str, str]:
    """The secrets of services that are not retired, by "<service>/<name>", and what lhctl opens the broker with."""
    names = {service["name"] for service in services if service["state"] != "retired"} | {"rabbitmq"}
    return {key: value for key, value in secrets.items() if key.partition("/")[0] in names}


def _render(folder: str, template: str, **values: Any) -> str:
    loader = FileSystemLoader([Path(folder) / "templates", Path(folder) / "snippets"])
    # Unit files are no HTML; escaping would break them.
    environment = Environment(
        loader=loader, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
        autoescape=False,  # noqa: S701
    )  # fmt: skip
    return environment.get_template(template).render(managed=MANAGED, **values)


class FilterModule:
    """Names under which plays use these functions."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map filter names to functions."""
        return {
            "catalogue_units": units,
            "catalogue_credentials": credentials,
            "units_unit_files": unit_files,
            "units_configuration_files": configuration_files,
            "units_host_files": host_files,
        }
