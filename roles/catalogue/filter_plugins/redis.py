"""Projection of the catalogue for role redis: who may do what in which instance."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

INSTANCES = ("cache", "state")
SHARED = "shared"

# Rows of rules, in the words Redis itself lists them in, so that running rules can be compared with wanted ones.
DATA = "+@read +@write +@connection +@transaction +@scripting +@pubsub"
# Names of other services' keys, other clients, and everything that is not about one's own keys.
EXCEPT = "-@admin -@dangerous -scan -randomkey -dbsize -function -script|flush -script|kill -script|debug"
READ_ONLY = "+@read +@connection +@transaction -@admin -@dangerous -scan -randomkey -dbsize"


def users(services: Sequence[Mapping[str, Any]], secrets: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Rules by instance and user, ``{"cache": {"order": "on #<sha256> ~order:* …"}, "state": {…}}``.

    Every service that is not retired may read ``shared:*`` of instance ``state`` (ended sessions); one that lists
    ``state`` may write there too. ``secrets`` holds "<service>/redis_password"; only its hash is in the result.
    """
    rules: dict[str, dict[str, str]] = {instance: {} for instance in INSTANCES}
    for service in services:
        if service["state"] == "retired":
            continue
        name = service["name"]
        password = "#" + hashlib.sha256(secrets[f"{name}/redis_password"].encode()).hexdigest()
        for instance in service["redis"]:
            shared = f" ~{SHARED}:*" if instance == "state" else ""
            rules[instance][name] = f"on {password} ~{name}:*{shared} resetchannels &{name}:* -@all {DATA} {EXCEPT}"
        rules["state"].setdefault(name, f"on {password} %R~{SHARED}:* resetchannels -@all {READ_ONLY}")
    return rules


class FilterModule:
    """Names under which plays use these functions."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Map filter names to functions."""
        return {"catalogue_redis_users": users}
