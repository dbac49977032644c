"""What role redis promises: two instances behind sockets, nobody anonymous, everyone within its own keys."""

from __future__ import annotations

from typing import Any

import pytest

INSTANCES = ("cache", "state")


def redis(host: Any, instance: str, *words: str, user: str = "longhouse", password: str = "") -> str:
    """Answer of an instance; as its administrator unless told otherwise."""
    secret = f"'{password}'" if password else "$(cat /etc/redis/longhouse-admin)"
    arguments = " ".join(f"'{word}'" for word in words)
    client = f"redis-cli -s /run/redis-{instance}/redis.sock --user {user} --no-auth-warning"
    return str(host.run(f"REDISCLI_AUTH={secret} {client} {arguments}").stdout).strip()


def services(host: Any, instance: str) -> list[str]:
    """Services that have a user in an instance."""
    names = redis(host, instance, "ACL", "USERS").splitlines()
    return [name for name in names if name != "default" and not name.startswith("longhouse")]


def may(host: Any, instance: str, user: str, *words: str) -> bool:
    """Whether the instance would let a user run a command; nothing is run."""
    return redis(host, instance, "ACL", "DRYRUN", user, *words) == "OK"


def test_there_is_no_tcp_listener_and_no_third_instance(host: Any) -> None:
    assert not host.run("ss -Hltnp | grep redis").stdout
    assert not host.service("redis-server").is_running
    assert not host.service("redis-server").is_enabled


@pytest.mark.parametrize("instance", INSTANCES)
def test_it_runs_and_is_reached_by_its_group_only(host: Any, instance: str) -> None:
    assert host.service(f"redis-server@{instance}").is_running
    assert host.service(f"redis-server@{instance}").is_enabled
    socket = host.file(f"/run/redis-{instance}/redis.sock")
    assert socket.is_socket
    assert (socket.group, socket.mode) == (f"longhouse-redis-{instance}", 0o770)
    stranger = host.run(f"runuser -u nobody -- redis-cli -s /run/redis-{instance}/redis.sock ping")
    assert "Permission denied" in stranger.stdout + stranger.stderr


@pytest.mark.parametrize("instance", INSTANCES)
def test_nobody_is_anonymous_and_a_wrong_password_is_refused(host: Any, instance: str) -> None:
    assert "NOAUTH" in host.run(f"redis-cli -s /run/redis-{instance}/redis.sock ping").stdout
    assert redis(host, instance, "PING") == "PONG"
    for user in [*services(host, instance), "longhouse"]:
        assert "NOAUTH" in redis(host, instance, "PING", user=user, password="not-the-password"), user


def test_the_administrator_s_password_is_root_s_alone(host: Any) -> None:
    secret = host.file("/etc/redis/longhouse-admin")
    assert (secret.user, secret.group, secret.mode) == ("root", "root", 0o600)


def test_the_cache_forgets_the_least_used_and_writes_nothing(host: Any) -> None:
    assert redis(host, "cache", "CONFIG", "GET", "maxmemory-policy").endswith("allkeys-lfu")
    assert redis(host, "cache", "CONFIG", "GET", "appendonly").endswith("no")
    assert redis(host, "cache", "CONFIG", "GET", "maxmemory").split()[-1] != "0"


def test_the_state_refuses_rather_than_forgets_and_writes_every_second(host: Any) -> None:
    assert redis(host, "state", "CONFIG", "GET", "maxmemory-policy").endswith("noeviction")
    assert redis(host, "state", "CONFIG", "GET", "appendonly").endswith("yes")
    assert redis(host, "state", "CONFIG", "GET", "appendfsync").endswith("everysec")


@pytest.mark.parametrize("instance", INSTANCES)
def test_a_service_keeps_to_its_own_keys(host: Any, instance: str) -> None:
    names = services(host, instance)
    for user in names:
        for other in (name for name in names if name != user):
            assert not may(host, instance, user, "GET", f"{other}:x"), (user, other)
            assert not may(host, instance, user, "SET", f"{other}:x", "1"), (user, other)
        for words in (["SCAN", "0"], ["KEYS", "*"], ["CONFIG", "GET", "*"], ["FLUSHALL"], ["ACL", "LIST"], ["DBSIZE"]):
            assert not may(host, instance, user, *words), (user, words)


def test_a_cache_user_reads_and_writes_under_its_name(host: Any) -> None:
    for user in services(host, "cache"):
        assert may(host, "cache", user, "SET", f"{user}:x", "1"), user
        assert may(host, "cache", user, "EVALSHA", "0" * 40, "1", f"{user}:x"), user


def test_everyone_reads_what_is_shared_and_only_owners_of_state_write_it(host: Any) -> None:
    for user in services(host, "state"):
        assert may(host, "state", user, "GET", "shared:x"), user
        owner = may(host, "state", user, "SET", f"{user}:x", "1")
        assert may(host, "state", user, "SET", "shared:x", "1") == owner, user


@pytest.mark.parametrize("instance", INSTANCES)
def test_running_rules_are_those_on_disk(host: Any, instance: str) -> None:
    added = {"sanitize-payload", "resetchannels", "-@all"}  # what Redis adds when it lists a rule
    running, written = (
        sorted(sorted(set(line.split()) - added) for line in text.splitlines() if line)
        for text in (
            redis(host, instance, "ACL", "LIST"),
            host.file(f"/etc/redis/redis-{instance}.acl").content_string,
        )
    )
    assert running == written
