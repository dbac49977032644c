"""Projection of the catalogue for role redis: who may do what in which instance."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

INSTANCES = ("cache", "state")
SHARED = "shared"

# Rows of rules, in the words Redis itself lists them in, so that running rules can be compared with wanted ones.
DATA = "+@read +@write +@connection +@transaction +@scripting +@pubsub"
# Names of other services' keys, other clients, and everything that is not about one's own keys.
EXCEPT = "-@admin -@dangerous -scan -randomkey -dbsize -function -script|flush -script|kill -script|debug"
# What an exporter asks; it sees numbers, never a key or a value. The hyphen keeps it apart from any service.
EXPORTER = "longhouse-exporter"
STATISTICS = "+ping +info +slowlog|len +latency|latest"
READ_ONLY = "+@read +@connection +@transaction -@admin -@dangerous -scan -randomkey -dbsize"


def users(services: Sequence[Mapping[str, Any]], secrets: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Rules by instance and user, ``{"cache": {"order": "on #<sha256> ~order:* …"}, "state": {…}}``.

    Every service that is not retired may read ``shared:*`` of instance ``state`` (ended sessions); one that lists
    ``state`` may write there too. The exporter (secret "redis/exporter_password") reads statistics of both.
    ``secrets`` holds "<service>/redis_password", and in "previous" older ones that are accepted too (during a
    rotation); only hashes are in the result.
    """
    exporter = f"on {_accepted(secrets, 'redis/exporter_password')} resetchannels -@all {STATISTICS}"
    rules: dict[str, dict[str, str]] = {instance: {EXPORTER: exporter} for instance in INSTANCES}
    for service in services:
        if service["state"] == "retired":
            continue
        name = service["name"]
        password = _accepted(secrets, f"{name}/redis_password")
        for instance in service["redis"]:
            shared = f" ~{SHARED}:*" if instance == "state" else ""
            rules[instance][name] = f"on {password} ~{name}:*{shared} resetchannels &{name}:* -@all {DATA} {EXCEPT}"
        rules["state"].setdefault(name, f"on {password} %R~{SHARED}:* resetchannels -@all {READ_ONLY}")
    return rules


def _accepted(secrets: Mapping[str, str], name: str) -> str:
    older = json.loads(secrets.get("previous", "{}")).get(name, [])
    return " ".join(_hashed(password) for password in (secrets[name], *older))


def _hashed(password: str) -> str:
    return "#" + hashlib.sha256(password.encode()).hexdigest()


class FilterModule:
    """Names under which plays use these functions."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map filter names to functions."""
        return {"catalogue_redis_users": users}
