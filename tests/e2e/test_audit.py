"""Administrative acts are on record: who, what, from where, when; and no service can change that."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from tests.e2e.client import Client
from tests.e2e.sandbox import Sandbox
from tests.e2e.tokens import unpacked
from tests.e2e.waiting import eventually


def acts(sandbox: Sandbox, thing: str) -> list[dict[str, Any]]:
    found = json.loads(sandbox.run("lhctl audit --json --since '1 hour ago'"))
    return [act for act in found if act["thing"] == thing]


def test_what_an_admin_does_over_http_is_on_record(sandbox: Sandbox, admin: Client, customer: Client) -> None:
    path = f"/api/users/{customer.user['id']}"
    order = customer.order().json()["id"]
    moved = admin.put(f"/api/orders/{order}/status", json={"status": "paid"})
    change = {"email": customer.email, "name": "Ada", "role": "admin"}
    changed = admin.put(path, json=change, headers={"If-Match": "*"})
    deleted = admin.delete(path)
    assert (moved.status_code, changed.status_code, deleted.status_code) == (200, 200, 204)

    (status,) = eventually(lambda: acts(sandbox, f"order/{order}"), within=10, what="record of the order")
    assert (status["action"], status["detail"]) == ("order.status", "status=pending->paid")
    promoted, gone = acts(sandbox, f"user/{customer.user['id']}")
    assert (promoted["action"], promoted["detail"]) == ("user.change", "name=changed role=user->admin")
    assert gone["action"] == "user.delete"
    who = unpacked(admin.tokens["access_token"].split(".")[1])["sub"]
    sessions = admin.get("/api/auth/sessions").json()["items"]
    for act, answer in ((status, moved), (promoted, changed), (gone, deleted)):
        assert act["believed"]
        assert act["outcome"] == "done"
        assert act["actor"] == who
        assert act["address"] in {session["address"] for session in sessions}
        assert act["request_id"] == answer.headers["x-request-id"]
    assert promoted["written_by"].startswith("longhouse-user@")


def test_what_an_operator_does_on_the_host_is_on_record(sandbox: Sandbox) -> None:
    nothing = str(uuid4())
    sandbox.run(f"lhctl dead-letters drop {nothing} || true")
    (act,) = acts(sandbox, nothing)
    assert (act["action"], act["actor"], act["outcome"]) == ("lhctl.dead-letters.drop", "root", "refused")
    assert act["address"]
    assert act["believed"]


def test_a_service_can_neither_change_the_record_nor_speak_for_others(sandbox: Sandbox) -> None:
    as_order = "runuser -u longhouse_order --"
    thing = f"user/{uuid4()}"
    fields = f"MESSAGE=x\\nLONGHOUSE_AUDIT=1\\nACTION=user.delete\\nACTOR=root\\nOBJECT={thing}\\n_UID=0\\n"
    sandbox.run(
        f'{as_order} python3 -c "import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)'
        f".sendto(b'{fields}', '/run/systemd/journal/socket')\""
    )
    (claim,) = eventually(lambda: acts(sandbox, thing), within=10, what="the claim")
    assert not claim["believed"]
    assert "NOT BELIEVED" in sandbox.run("lhctl audit --since '1 hour ago'")

    files = sandbox.run("find /var/log/journal").split()
    assert any(file.endswith("/system.journal") for file in files)
    open_to_it = f"for file in {' '.join(files)}; do test -w $file && echo $file; done; true"
    assert sandbox.run(f"{as_order} sh -c '{open_to_it}'") == ""
    assert "Permission denied" in sandbox.run(f"{as_order} journalctl --rotate --vacuum-time=1s 2>&1; true")
    assert "use sudo" in sandbox.run(f"{as_order} lhctl audit 2>&1; true")
    assert acts(sandbox, thing)
