"""What role postgresql promises: only a socket, a database per service, rows for it, tables for its migrator."""

from __future__ import annotations

import json
from typing import Any

APP_SETTINGS = {"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"}


def psql(host: Any, user: str, database: str, script: str) -> Any:
    """Result of a script run by a system user under its own name."""
    return host.run(f"runuser -u {user} -- psql -X -qAt -v ON_ERROR_STOP=1 -d {database} -c %s", script)


def answer(host: Any, query: str, database: str = "postgres") -> str:
    """What the superuser reads."""
    result = psql(host, "postgres", database, query)
    assert result.rc == 0, result.stderr
    return str(result.stdout).strip()


def databases(host: Any) -> list[str]:
    """Databases of services that may log in, by the roles' own mark; a role that may create some is a test suite's."""
    found = answer(
        host,
        "SELECT json_agg(rolname) FROM pg_roles WHERE rolcanlogin AND NOT rolcreatedb AND rolname LIKE 'longhouse\\_%' "
        "AND shobj_description(oid, 'pg_authid') = 'made by longhouse'",
    )
    names: list[str] = json.loads(found)
    assert names
    return names


def test_it_listens_on_its_socket_only(host: Any) -> None:
    assert host.file("/run/postgresql/.s.PGSQL.5432").is_socket
    assert not host.run("ss -Hltnp | grep postgres").stdout
    assert answer(host, "SHOW listen_addresses") == ""


def test_data_is_checked_and_never_at_risk_for_speed(host: Any) -> None:
    for setting in ("data_checksums", "fsync", "full_page_writes", "synchronous_commit"):
        assert answer(host, f"SHOW {setting}") == "on", setting


def test_slow_statements_are_known(host: Any) -> None:
    assert answer(host, "SELECT count(*) > 0 FROM pg_stat_statements") == "t"
    assert "postgresql" in host.check_output("journalctl -q -n 1 -o short SYSLOG_IDENTIFIER=postgresql")


def test_a_service_reaches_its_own_database_and_no_other(host: Any) -> None:
    names = databases(host)
    for user in names:
        assert psql(host, user, user, "SELECT 1").stdout.strip() == "1"
        for other in [*(name for name in names if name != user), "postgres", "template1"]:
            assert psql(host, user, other, "SELECT 1").rc != 0, (user, other)


def test_nobody_takes_another_s_name(host: Any) -> None:
    names = databases(host)
    for user, other in zip(names, [*names[1:], names[0]], strict=True):
        assert host.run(f"runuser -u {user} -- psql -X -d {other} -U {other} -c 'SELECT 1'").rc != 0, (user, other)
    assert host.run(f"runuser -u {names[0]} -- psql -X -d postgres -U postgres -c 'SELECT 1'").rc != 0


def test_a_service_works_on_rows_and_makes_no_tables(host: Any) -> None:
    for user in databases(host):
        refused = psql(host, user, user, "BEGIN; CREATE TABLE probe (id int); ROLLBACK")
        assert "permission denied" in refused.stderr, (user, refused.stderr)
        owner = user.replace("longhouse_", "owner_")
        assert "permission denied" in psql(host, user, user, f"SET ROLE {owner}").stderr


def test_what_a_migrator_makes_belongs_to_the_owner_and_serves_the_service(host: Any) -> None:
    for user in databases(host):
        migrator, owner = user.replace("longhouse_", "migrate_"), user.replace("longhouse_", "owner_")
        rights = ", ".join(f"has_table_privilege('{user}', 'probe', '{right}')" for right in ("INSERT", "TRUNCATE"))
        script = f"BEGIN; SET ROLE {owner}; CREATE TABLE probe (id int); SELECT {rights}; ROLLBACK"
        result = psql(host, migrator, user, script)
        assert result.stdout.strip() == "t|f", (user, result.stdout, result.stderr)


def test_waiting_is_bounded_and_so_are_connections(host: Any) -> None:
    rows = json.loads(answer(host, "SELECT json_agg(r) FROM (SELECT rolname, rolconnlimit, rolconfig FROM pg_roles) r"))
    roles = {row["rolname"]: row for row in rows}
    for user in databases(host):
        assert {setting.split("=")[0] for setting in roles[user]["rolconfig"]} == APP_SETTINGS, user
        assert roles[user]["rolconnlimit"] > 0, user


def test_the_access_rules_are_sound_and_the_loaded_ones(host: Any) -> None:
    assert answer(host, "SELECT count(*) FROM pg_hba_file_rules WHERE error IS NOT NULL") == "0"
    assert answer(host, "SHOW hba_file") == "/etc/postgresql/17/main/longhouse_hba.conf"
    assert answer(host, "SELECT count(*) FROM pg_settings WHERE pending_restart") == "0"
    last = answer(host, "SELECT auth_method FROM pg_hba_file_rules ORDER BY rule_number DESC LIMIT 1")
    assert last == "reject"
