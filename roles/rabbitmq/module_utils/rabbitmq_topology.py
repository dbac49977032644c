"""The wanted topology against the broker's definitions. Pure: from what is to the requests that are missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

TAG = "longhouse"
EVERYTHING = {"configure": ".*", "write": ".*", "read": ".*"}


@dataclass(frozen=True)
class Change:
    """One request that brings the broker closer; ``text`` says it to people."""

    text: str
    method: str
    path: str
    body: Any = None


class Topology:
    """What shall be there, in the shape filter catalogue_topology gives it."""

    def __init__(self, wanted: Mapping[str, Any], admin: str) -> None:
        self.vhost: str = wanted["vhost"]
        self.users: Mapping[str, str] = wanted["users"]
        self.permissions: Mapping[str, Any] = {
            **wanted["permissions"],
            admin: EVERYTHING,
        }
        self.topics: Mapping[str, Any] = wanted["topics"]
        self.exchanges: Mapping[str, str] = wanted["exchanges"]
        self.queues: Mapping[str, Any] = wanted["queues"]
        self.bindings = {tuple(binding) for binding in wanted["bindings"]}
        self.own_vhosts: tuple[str, ...] = tuple(wanted["own_vhosts"])
        self.admin = admin
        self.keep: tuple[str, ...] = tuple(f"{name}." for name in wanted["keep"])

    def path(self, kind: str, *names: str, vhost: str = "") -> str:
        """Path of something in a virtual host, the shared one when none is named."""
        return "/".join([f"/api/{kind}", *(quote(name, safe="") for name in (vhost or self.vhost, *names))])

    def queue_path(self, name: str) -> str:
        """Path of a queue."""
        return self.path("queues", name)

    def here(self, present: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
        """Objects of one kind that the broker has in our virtual host."""
        return [item for item in present.get(kind, []) if item.get("vhost") == self.vhost]

    def conflicts(self, present: Mapping[str, Any]) -> list[str]:
        """Queues and exchanges whose unchangeable properties differ, with the way out."""
        found = []
        for queue in self.here(present, "queues"):
            wanted, has = self.queues.get(queue["name"]), queue["arguments"]
            if wanted is not None and has != wanted:
                keys = sorted(key for key in {*has, *wanted} if has.get(key) != wanted.get(key))
                differences = ", ".join(f"{key} is {has.get(key)}, wanted {wanted.get(key)}" for key in keys)
                found.append(
                    f"queue {queue['name']} has other arguments and RabbitMQ cannot change them ({differences}): "
                    f"let it run empty, delete it (rabbitmqctl -p {self.vhost} delete_queue {queue['name']}), run again"
                )
        for exchange in self.here(present, "exchanges"):
            kind = self.exchanges.get(exchange["name"], exchange["type"])
            if kind != exchange["type"]:
                found.append(f"exchange {exchange['name']} is {exchange['type']}, wanted {kind}: delete it, run again")
        return found

    def unwanted_queues(self, present: Mapping[str, Any]) -> list[str]:
        """Durable queues in our virtual host that nobody wants and no retired service keeps."""
        names = [queue["name"] for queue in self.here(present, "queues") if queue.get("durable", True)]
        return [name for name in names if name not in self.queues and not name.startswith(self.keep)]


def changes_between(wanted: Topology, present: Mapping[str, Any]) -> Iterator[Change]:
    """Requests in an order in which each finds what it needs."""
    if wanted.vhost not in [vhost["name"] for vhost in present["vhosts"]]:
        yield Change(f"virtual host {wanted.vhost}", "PUT", wanted.path("vhosts"), {})
    yield from _users(wanted, present)
    yield from _permissions(wanted, present)
    yield from _own_vhosts(wanted, present)
    exchanges = {exchange["name"] for exchange in wanted.here(present, "exchanges")}
    for name, kind in wanted.exchanges.items():
        if name not in exchanges:
            yield Change(f"exchange {name}", "PUT", wanted.path("exchanges", name), {"type": kind, "durable": True})
    yield from _topics(wanted, present)
    queues = {queue["name"] for queue in wanted.here(present, "queues")}
    for name, arguments in wanted.queues.items():
        if name not in queues:
            body = {"durable": True, "arguments": arguments}
            yield Change(f"queue {name}", "PUT", wanted.queue_path(name), body)
    yield from _bindings(wanted, present)


def _users(wanted: Topology, present: Mapping[str, Any]) -> Iterator[Change]:
    users = {user["name"]: user for user in present["users"]}
    for name, password_hash in wanted.users.items():
        held = users.get(name, {})
        if (held.get("password_hash"), held.get("tags")) != (password_hash, [TAG]):
            body = {"password_hash": password_hash, "tags": TAG, "hashing_algorithm": "rabbit_password_hashing_sha256"}
            yield Change(f"user {name}", "PUT", f"/api/users/{name}", body)
    for name, user in users.items():
        if name == "guest" or (TAG in user["tags"] and name not in wanted.users):
            yield Change(f"remove user {name}", "DELETE", f"/api/users/{name}")


def _permissions(wanted: Topology, present: Mapping[str, Any]) -> Iterator[Change]:
    held = {item["user"]: item for item in wanted.here(present, "permissions")}
    for name, rights in wanted.permissions.items():
        has = {key: held.get(name, {}).get(key) for key in rights}
        if has != rights:
            yield Change(f"permissions of {name}", "PUT", wanted.path("permissions", name), dict(rights))
    # Whoever moved to a virtual host of its own; users that are not ours keep theirs.
    for name in held:
        if name in wanted.users and name not in wanted.permissions:
            yield Change(f"remove permissions of {name}", "DELETE", wanted.path("permissions", name))


def _own_vhosts(wanted: Topology, present: Mapping[str, Any]) -> Iterator[Change]:
    """What is in them is their service's alone; one whose service is gone stays, with what it holds."""
    there = {vhost["name"] for vhost in present["vhosts"]}
    held = {(item["vhost"], item["user"]): item for item in present.get("permissions", [])}
    for vhost in wanted.own_vhosts:
        if vhost not in there:
            yield Change(f"virtual host {vhost}", "PUT", wanted.path("vhosts", vhost=vhost), {})
        for user in (vhost, wanted.admin):
            has = {key: held.get((vhost, user), {}).get(key) for key in EVERYTHING}
            if has != EVERYTHING:
                path = wanted.path("permissions", user, vhost=vhost)
                yield Change(f"permissions of {user} in {vhost}", "PUT", path, dict(EVERYTHING))


def _topics(wanted: Topology, present: Mapping[str, Any]) -> Iterator[Change]:
    held = {(item["user"], item["exchange"]): item for item in wanted.here(present, "topic_permissions")}
    # The broker takes them away by user alone; what the user keeps is given again below.
    stale = {name for name, exchange in held if name in wanted.users and exchange not in wanted.topics.get(name, {})}
    for name in sorted(stale):
        yield Change(f"remove what {name} may publish", "DELETE", wanted.path("topic-permissions", name))
    held = {(name, exchange): item for (name, exchange), item in held.items() if name not in stale}
    for name, exchanges in wanted.topics.items():
        for exchange, rights in exchanges.items():
            has = {key: held.get((name, exchange), {}).get(key) for key in rights}
            if has != rights:
                body = {"exchange": exchange, **rights}
                path = wanted.path("topic-permissions", name)
                yield Change(f"what {name} may publish to {exchange}", "PUT", path, body)


def _bindings(wanted: Topology, present: Mapping[str, Any]) -> Iterator[Change]:
    held = {
        (binding["source"], binding["destination"], binding["routing_key"])
        for binding in wanted.here(present, "bindings")
        if binding["destination_type"] == "queue" and binding["source"] in wanted.exchanges
    }
    for exchange, queue, key in sorted(wanted.bindings - held):
        path = wanted.path("bindings", "e", exchange, "q", queue)
        yield Change(f"binding {exchange} -[{key}]-> {queue}", "POST", path, {"routing_key": key})
    for exchange, queue, key in sorted(held - wanted.bindings):
        path = wanted.path("bindings", "e", exchange, "q", queue, key)
        yield Change(f"remove binding {exchange} -[{key}]-> {queue}", "DELETE", path)
