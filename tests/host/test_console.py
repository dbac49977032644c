"""What role console promises: it runs when somebody looks, root gets in without a token, nobody else does."""

from __future__ import annotations

import json
from typing import Any

EDGE, OPERATOR = "/run/longhouse-console/edge.sock", "/run/longhouse-console/operator.sock"


def ask(host: Any, socket: str, path: str) -> tuple[int, Any]:
    said = host.check_output(f"curl -s --unix-socket {socket} -w '\\n%{{http_code}}' http://localhost{path}")
    body, _, status = said.rpartition("\n")
    return int(status), body


def test_who_is_root_needs_no_token(host: Any) -> None:
    status, body = ask(host, OPERATOR, "/console/api/session")
    assert (status, json.loads(body)["way"]) == (200, "operator")
    assert "<title>Longhouse console</title>" in ask(host, OPERATOR, "/console")[1]


def test_everybody_else_is_asked_for_one(host: Any) -> None:
    assert ask(host, EDGE, "/console/api/logs")[0] == 401


def test_only_root_and_the_edge_may_knock(host: Any) -> None:
    for socket, allowed in ((OPERATOR, ()), (EDGE, ("www-data",))):
        for user in ("www-data", "nobody", "prometheus"):
            assert (host.run(f"runuser -u {user} -- test -w {socket}").rc == 0) == (user in allowed), (socket, user)


def test_every_source_answers(host: Any) -> None:
    for view in ("overview", "pipeline", "releases", "alerts", "backups", "host"):
        status, body = ask(host, OPERATOR, f"/console/api/{view}")
        silent = [problem for problem in json.loads(body)["problems"] if problem["source"] != "lhctl"]
        assert (status, silent) == (200, []), view


def test_the_journal_is_read(host: Any) -> None:
    host.check_output("logger -p user.warning -t exercise 'a line like no other: 42.7'")
    host.check_output("journalctl --sync")
    _, body = ask(host, OPERATOR, "/console/api/logs?text=LIKE+NO+OTHER:+42.7&level=4")
    assert [record["source"] for record in json.loads(body)["records"]][:1] == ["exercise"]


def test_it_could_not_do_much_harm(host: Any) -> None:
    verified = host.run("systemd-analyze verify --man=no longhouse-console.service longhouse-console.socket")
    assert (verified.rc, verified.stderr) == (0, "")
    ask(host, OPERATOR, "/console/api/session")
    process = host.check_output("systemctl show -P MainPID longhouse-console.service")
    assert host.check_output(f"stat -c %U /proc/{process}") != "root"
