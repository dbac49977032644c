#!/usr/bin/python
"""Roles, databases and rights of the services in a PostgreSQL cluster, in one call."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.postgresql_statements import (
    MARK,
    RoleStatements,
    connect_statements,
    database_statements,
    rights_statements,
)

DOCUMENTATION = r"""
module: postgresql_objects
short_description: Compare the cluster with the wanted databases and run exactly the statements that are missing
description:
  - Each database has an owner (no login, owns every object), a migrator (may become the owner) and an app role
    (rows only).
  - Roles this module made carry a comment. One that is no longer wanted, or whose database is retired, may not log in;
    databases and rows are never removed.
  - Works as the system user C(postgres) through its socket, so no password exists.
options:
  databases:
    description: Wanted databases, from filter catalogue_databases.
    type: list
    elements: dict
    required: true
    suboptions:
      name: {description: "Name of the database.", type: str, required: true}
      owner: {description: "Role that owns it.", type: str, required: true}
      migrator: {description: "Role that may become the owner.", type: str, required: true}
      user: {description: "Role of the running service.", type: str, required: true}
      connections: {description: "Connections the service may hold.", type: int, required: true}
      login: {description: "False keeps the data and locks both roles out.", type: bool, required: true}
  settings: {description: "Settings by role kind (user, migrator).", type: dict, required: true}
  scratch_roles:
    description: "Roles that may make databases of their own, for test suites."
    type: list
    elements: str
    default: []
  monitor: {description: "System user that may read the server's statistics; empty for none.", type: str, default: ""}
"""
EXAMPLES = r"""
- name: Provide the databases
  postgresql_objects: {databases: "{{ platform_services | catalogue_databases }}", settings: {user: {}, migrator: {}}}
"""
RETURN = r"""
statements: {description: "What was run, in order.", type: list, returned: always}
"""

CONNECTED_MIGRATORS = 4
MONITOR_CONNECTIONS = 3
SOCKET = Path("/run/postgresql/.s.PGSQL.5432")

GRANTEE = "CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee)::text END"

CLUSTER = f"""
SELECT json_build_object(
 'roles', (SELECT json_object_agg(rolname, json_build_object(
    'login', rolcanlogin, 'limit', rolconnlimit, 'createdb', rolcreatedb,
    'marked', shobj_description(oid, 'pg_authid') IS NOT DISTINCT FROM '{MARK}',
    'settings', (SELECT setconfig FROM pg_db_role_setting WHERE setrole = r.oid AND setdatabase = 0),
    'memberships', (SELECT json_object_agg(roleid::regrole::text, set_option AND NOT inherit_option)
                    FROM pg_auth_members WHERE member = r.oid)))
   FROM pg_roles r WHERE rolname !~ '^pg_'),
 'databases', (SELECT json_object_agg(datname, json_build_object(
    'owner', datdba::regrole::text,
    'acl', (SELECT json_agg(DISTINCT {GRANTEE} || ' ' || privilege_type)
            FROM aclexplode(coalesce(datacl, acldefault('d', datdba))))))
   FROM pg_database WHERE datallowconn),
 'extensions', (SELECT json_agg(extname) FROM pg_extension),
 'stale', (SELECT pg_conf_load_time() < max(modification)
   FROM (VALUES (current_setting('hba_file')), (current_setting('ident_file'))) files(name), pg_stat_file(name)),
 'rules', (SELECT json_agg(format('%s:%s: %s', file_name, line_number, error))
   FROM pg_hba_file_rules WHERE error IS NOT NULL))
"""  # noqa: S608 (constants of this file)

DATABASE = f"""
SELECT json_build_object(
 'schema', (SELECT json_agg(DISTINCT {GRANTEE} || ' ' || privilege_type)
   FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner))) WHERE nspname = 'public'),
 'defaults', (SELECT json_agg(DISTINCT defaclobjtype::text || ' ' || {GRANTEE} || ' ' || privilege_type)
   FROM pg_default_acl, aclexplode(defaclacl) WHERE defaclnamespace = 0),
 'functions', EXISTS (SELECT FROM pg_default_acl WHERE defaclobjtype = 'f' AND defaclnamespace = 0))
"""  # noqa: S608 (constants of this file)


class Cluster:
    """The running cluster, asked and changed through psql as its superuser; nothing is changed in check mode."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.statements: list[str] = []

    def psql(self, database: str, script: str) -> str:
        """Run a script; an error ends the module with PostgreSQL's words."""
        command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database]
        result = subprocess.run(
            command,
            input=script,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            user="postgres",
            group="postgres",
            extra_groups=[],
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        )
        if result.returncode:
            self.module.fail_json(msg=f"{database}: {result.stderr.strip()}", statements=self.statements)
        return result.stdout

    def state(self, database: str, query: str) -> dict[str, Any]:
        """Answer of one of the JSON queries above."""
        found: dict[str, Any] = json.loads(self.psql(database, query))
        return found

    def run(self, database: str, statements: list[str]) -> None:
        """Run statements in one transaction, except those that cannot be in one."""
        self.statements += statements
        if self.module.check_mode or not statements:
            return
        alone = [statement for statement in statements if statement.startswith("CREATE DATABASE")]
        together = [statement for statement in statements if statement not in alone]
        for statement in alone:
            self.psql(database, statement + ";")
        self.psql(database, "BEGIN;\n" + ";\n".join([*together, "COMMIT"]) + ";")


def reload_access_rules(cluster: Cluster, state: Mapping[str, Any]) -> None:
    """Let the server read pg_hba and pg_ident again when they are newer than what it has, and sound."""
    if state["rules"]:
        cluster.module.fail_json(msg=f"access rules not loaded, they have errors: {'; '.join(state['rules'])}")
    if state["stale"]:
        cluster.run("postgres", ["SELECT pg_reload_conf()"])


def roles_of(wanted: Mapping[str, Any], settings: Mapping[str, Any], roles: RoleStatements) -> list[str]:
    """Statements for the three roles of one database."""
    login, owner = wanted["login"], wanted["owner"]
    # What a migration makes shall be the owner's, also when the tool that runs it has never heard of owners.
    migrator = {**settings["migrator"], "role": owner}
    return [
        *roles.ensure(owner, login=False),
        *roles.ensure(wanted["migrator"], login=login, limit=CONNECTED_MIGRATORS, settings=migrator, member_of=owner),
        *roles.ensure(wanted["user"], login=login, limit=wanted["connections"], settings=settings["user"]),
    ]


def main() -> None:
    """Run as an Ansible module."""
    texts = {name: {"type": "str", "required": True} for name in ("name", "owner", "migrator", "user")}
    numbers = {"connections": {"type": "int", "required": True}, "login": {"type": "bool", "required": True}}
    specification: dict[str, dict[str, Any]] = {
        "databases": {"type": "list", "elements": "dict", "required": True, "options": {**texts, **numbers}},
        "settings": {"type": "dict", "required": True},
        "scratch_roles": {"type": "list", "elements": "str", "default": []},
        "monitor": {"type": "str", "default": ""},
    }
    module = AnsibleModule(argument_spec=specification, supports_check_mode=True)
    databases, scratch, settings = (module.params[key] for key in ("databases", "scratch_roles", "settings"))
    monitors = [module.params["monitor"]] if module.params["monitor"] else []
    if module.check_mode and not SOCKET.exists():
        module.exit_json(changed=True, statements=[])  # a bare host: everything would be made
    cluster = Cluster(module)
    state = cluster.state("postgres", CLUSTER)
    roles, present = RoleStatements(state["roles"]), state["databases"]
    statements = [statement for role in scratch for statement in roles.ensure(role, login=True, createdb=True)]
    for monitor in monitors:
        statements += roles.ensure(
            monitor, login=True, limit=MONITOR_CONNECTIONS, member_of="pg_monitor", inherits=True
        )
    statements += [statement for wanted in databases for statement in roles_of(wanted, settings, roles)]
    known = {wanted[kind] for wanted in databases for kind in ("owner", "migrator", "user")} | {*scratch, *monitors}
    cluster.run("postgres", statements + roles.retire_unknown(known))
    statements = [statement for wanted in databases for statement in database_statements(wanted, present)]
    statements += connect_statements("postgres", set(present["postgres"]["acl"]), [*scratch, *monitors])
    statements += connect_statements("template1", set(present["template1"]["acl"]), [])
    statements += [] if "pg_stat_statements" in state["extensions"] else ["CREATE EXTENSION pg_stat_statements"]
    cluster.run("postgres", statements)
    for wanted in databases:
        if wanted["name"] in present or not module.check_mode:
            cluster.run(wanted["name"], rights_statements(wanted, cluster.state(wanted["name"], DATABASE)))
    reload_access_rules(cluster, state)
    module.exit_json(changed=bool(cluster.statements), statements=cluster.statements)


if __name__ == "__main__":
    main()
