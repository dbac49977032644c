"""Run as root on a provisioned sandbox host: give the services' tests a tenant of their own beside the real services.

The tenant `longhouse_test` is a system user with a PostgreSQL role that may create databases (the inventory lists it in
`postgresql_scratch_roles`), a RabbitMQ virtual host, and a Redis user that lives until the next change of the access
rules. Prints the TEST_* variables, one KEY=value per line.
"""

from __future__ import annotations

import pwd
import secrets
import subprocess
from pathlib import Path

TENANT = "longhouse_test"
REDIS_SOCKET = "/run/redis-state/redis.sock"
REDIS_ADMIN = Path("/etc/redis/longhouse-admin")


def main() -> None:
    make_user()
    make_database_role()
    broker_password = make_virtual_host()
    redis_password = make_redis_user()
    for key, value in {
        "TEST_DATABASE_ADMIN_URL": "postgresql:///postgres?host=/run/postgresql",
        "TEST_REDIS_URL": f"unix://{REDIS_SOCKET}",
        "TEST_REDIS_USERNAME": TENANT,
        "TEST_REDIS_PASSWORD": redis_password,
        "TEST_BROKER_URL": f"amqp://{TENANT}:{broker_password}@127.0.0.1:5672/{TENANT}",
    }.items():
        print(f"{key}={value}")


def make_user() -> None:
    try:
        pwd.getpwnam(TENANT)
    except KeyError:
        run("useradd", "--system", "--create-home", "--shell", "/bin/bash", TENANT)
    run("usermod", "--append", "--groups", "longhouse-redis-state", TENANT)


def make_database_role() -> None:
    statement = f"DO $$ BEGIN CREATE ROLE {TENANT} LOGIN CREATEDB; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    run("runuser", "-u", "postgres", "--", "psql", "-qc", statement)


def make_virtual_host() -> str:
    password = secrets.token_hex(16)  # never begins like an option
    known = run("rabbitmqctl", "-q", "list_vhosts", "--no-table-headers").split()
    if TENANT in known:
        run("rabbitmqctl", "-q", "change_password", TENANT, password)
        return password
    run("rabbitmqctl", "-q", "add_vhost", TENANT)
    run("rabbitmqctl", "-q", "add_user", TENANT, password)
    run("rabbitmqctl", "-q", "set_permissions", "-p", TENANT, TENANT, ".*", ".*", ".*")
    return password


def make_redis_user() -> str:
    password = secrets.token_hex(16)  # never begins like an option
    line = f"AUTH longhouse {REDIS_ADMIN.read_text().strip()}\nACL SETUSER {TENANT} reset on >{password} ~* &* +@all\n"
    answer = run("redis-cli", "-s", REDIS_SOCKET, text=line)
    if answer.split() != ["OK", "OK"]:
        raise SystemExit(f"Redis did not take the test user: {answer}")
    return password


def run(*words: str, text: str | None = None) -> str:
    return subprocess.run(words, check=True, input=text, stdout=subprocess.PIPE, text=True).stdout


main()
