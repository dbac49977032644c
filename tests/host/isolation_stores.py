"""Database, Redis and broker: what one service gets of another with its own user, role and password."""

from __future__ import annotations

import contextlib
import itertools
import operator
import socket
from collections.abc import Callable

from tests.host.isolation_ground import Finding, as_user, output, pairs, services, users_of


def databases() -> Finding:
    def opened(roles: list[str], names: list[str]) -> Finding:
        return [
            [role, name]
            for role, name in itertools.product(roles, names)
            if output("psql", "-X", "-w", "-h", "/run/postgresql", "-U", role, "-d", name, "-Atc", "SELECT 1") == "1\n"
        ]

    found: Finding = []
    for user, _, other in pairs():
        roles = [user, *users_of(other), f"owner_{other}", "postgres"]
        if seen := as_user(user, opened, roles, [f"longhouse_{other}", "postgres", "template1"]):
            found.append([user, other, *seen])
    return found


def secret(service: str, name: str) -> str:
    return output(
        "systemd-creds", "decrypt", f"--name={name}", f"/etc/longhouse/credentials/{service}/{name}", "-"
    ).strip()


def redis_answers(path: str, user: str, password: str, other: str) -> Finding:
    key = f"{other}:x"
    commands = [
        ["GET", key], ["SET", key, "1"], ["DEL", key], ["HGETALL", key],
        ["EVAL", "return redis.call('GET', KEYS[1])", "1", key],
        ["PUBLISH", key, "x"], ["KEYS", "*"], ["SCAN", "0"], ["RANDOMKEY"], ["FLUSHALL"], ["CONFIG", "GET", "*"],
        ["ACL", "LIST"], ["MONITOR"], ["DEBUG", "SLEEP", "0"], ["CLIENT", "LIST"], ["MODULE", "LIST"],
        ["REPLICAOF", "127.0.0.1", "1"], ["SAVE"], ["SHUTDOWN", "NOSAVE"],
    ]  # fmt: skip
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        try:
            client.connect(path)
        except PermissionError:
            return []

        def ask(*words: str) -> str:
            parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
            client.sendall(f"*{len(words)}\r\n{''.join(parts)}".encode())
            return client.recv(65536).decode("utf-8", "replace")

        found: Finding = [] if ask("PING").startswith("-NOAUTH") else ["without a password"]
        ask("AUTH", user, password)
        return found + [command for command in commands if not ask(*command).startswith("-")]


def redis() -> Finding:
    found: Finding = []
    for (one, other), instance in itertools.product(itertools.permutations(services(), 2), ("cache", "state")):
        path, password = f"/run/redis-{instance}/redis.sock", secret(one, "redis_password")
        if seen := as_user(f"longhouse_{one}", redis_answers, path, one, password, other):
            found.append([one, other, instance, *seen])
    return found


def broker_answers(user: str, password: str, queues: list[str], key: str) -> Finding:
    import amqp  # type: ignore[import-untyped]  # the host's, not ours

    found: Finding = []

    def attempt(what: str, act: Callable[[amqp.Channel], object]) -> None:
        connection = amqp.Connection("127.0.0.1:5672", userid=user, password=password, virtual_host="longhouse")
        connection.connect()  # with its own password a service must get in, or nothing is tried
        with contextlib.suppress(amqp.AMQPError):
            act(connection.channel())
            found.append(what)
        with contextlib.suppress(amqp.AMQPError, OSError):
            connection.close()

    def publish(channel: amqp.Channel) -> None:
        channel.confirm_select()
        channel.basic_publish(amqp.Message("{}"), "events", key)
        channel.wait(amqp.spec.Basic.Ack)

    for queue in queues:
        attempt(f"get {queue}", operator.methodcaller("basic_get", queue, no_ack=False))
        attempt(f"consume {queue}", operator.methodcaller("basic_consume", queue))
        attempt(f"purge {queue}", operator.methodcaller("queue_purge", queue))
        attempt(f"delete {queue}", operator.methodcaller("queue_delete", queue, if_empty=True))
        attempt(f"bind {queue}", operator.methodcaller("queue_bind", queue, "events", "#"))
    attempt("declare", operator.methodcaller("queue_declare", f"{user}.eavesdrop", exclusive=True))
    attempt(f"publish {key}", publish)
    return found


def broker() -> Finding:
    listed = output("rabbitmqctl", "-q", "-p", "longhouse", "list_queues", "name", "--no-table-headers").split()
    found: Finding = []
    for one, other in itertools.permutations(services(), 2):
        queues = [queue for queue in listed if queue.startswith(f"{other}.")]
        password = secret(one, "broker_password")
        if seen := as_user(f"longhouse_{one}", broker_answers, one, password, queues, f"{other}.registered.v1"):
            found.append([one, other, *seen])
    return found
