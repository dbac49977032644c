"""Who may look, and who may change something."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.unit.console.conftest import USER, Ask, Mint, Neighbour

ADMIN = (200, {"id": USER, "email": "ada@example.com", "role": "admin"})
SESSION = "/console/api/session"
SILENCE = {"labels": {"alertname": "ServiceDown", "service": "order"}, "hours": 2, "comment": "moving house"}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_who_comes_after_a_quiet_while_is_answered(ask: Ask) -> None:
    # Longer than the server of these tests waits for somebody.
    time.sleep(0.2)
    assert ask("edge", "GET", SESSION)[0] == 401


def test_an_admin_passes_and_is_called_by_his_name(ask: Ask, mint: Mint, neighbour: Neighbour) -> None:
    neighbour.paths[f"/api/users/{USER}"] = ADMIN
    status, body, _ = ask("edge", "GET", SESSION, bearer(mint.token()))
    assert (status, body) == (200, {"name": "ada@example.com", "way": "token"})


@pytest.mark.parametrize(
    "changes",
    [
        {"typ": "JWT"}, {"algorithm": "HS256"}, {"exp": 1}, {"iss": "https://elsewhere.example"},
        {"aud": "another"}, {"sid": None}, {"role": None},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_that_is_not_whole_is_refused(ask: Ask, mint: Mint, neighbour: Neighbour, changes: Any) -> None:
    neighbour.paths[f"/api/users/{USER}"] = ADMIN
    assert ask("edge", "GET", SESSION, bearer(mint.token(**changes)))[0] == 401


def test_a_token_of_another_key_is_refused(ask: Ask, mint: Mint, neighbour: Neighbour) -> None:
    neighbour.paths[f"/api/users/{USER}"] = ADMIN
    stranger = Mint(mint.keys)
    assert ask("edge", "GET", SESSION, bearer(stranger.token()))[0] == 401


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"}], ids=str)
@pytest.mark.parametrize("path", ["session", "overview", "logs", "alerts", "trace/x", "nothing"])
def test_nothing_is_told_to_nobody(ask: Ask, headers: dict[str, str], path: str) -> None:
    status, body, answered = ask("edge", "GET", f"/console/api/{path}", headers)
    assert status == 401
    assert answered["Content-Type"] == "application/problem+json"
    assert set(body) == {"type", "title", "status", "detail", "request_id"}


def test_a_user_is_refused(ask: Ask, mint: Mint) -> None:
    assert ask("edge", "GET", SESSION, bearer(mint.token(role="user")))[0] == 403


def test_who_is_no_admin_any_more_is_refused_though_the_token_says_so(
    ask: Ask, mint: Mint, neighbour: Neighbour
) -> None:
    neighbour.paths[f"/api/users/{USER}"] = (200, {"email": "ada@example.com", "role": "user"})
    assert ask("edge", "GET", SESSION, bearer(mint.token()))[0] == 403


@pytest.mark.parametrize("status", [401, 404])
def test_an_ended_session_is_refused(ask: Ask, mint: Mint, neighbour: Neighbour, status: int) -> None:
    neighbour.paths[f"/api/users/{USER}"] = (status, {})
    assert ask("edge", "GET", SESSION, bearer(mint.token()))[0] == 401


def test_while_user_service_is_down_an_admin_reads_and_changes_nothing(
    ask: Ask, mint: Mint, neighbour: Neighbour
) -> None:
    neighbour.paths |= {f"/api/users/{USER}": (503, {}), "/api/v2/silences": (200, {"silenceID": "s"})}
    assert ask("edge", "GET", SESSION, bearer(mint.token()))[0] == 200
    status, _, answered = ask("edge", "POST", "/console/api/silences", bearer(mint.token()), SILENCE)
    assert status == 503
    assert answered["Retry-After"]
    assert not any(path == "/api/v2/silences" for _, path, _ in neighbour.asked)


def test_a_silence_carries_the_name_of_who_asked_and_is_recorded(ask: Ask, mint: Mint, neighbour: Neighbour) -> None:
    neighbour.paths |= {f"/api/users/{USER}": ADMIN, "/api/v2/silences": (200, {"silenceID": "s1"})}
    claimed = SILENCE | {"createdBy": "somebody else"}
    status, body, _ = ask("edge", "POST", "/console/api/silences", bearer(mint.token()), claimed)
    assert (status, body["id"]) == (200, "s1")
    sent = next(body for method, path, body in neighbour.asked if path == "/api/v2/silences")
    assert sent["createdBy"] == "ada@example.com"
    assert {m["name"]: m["value"] for m in sent["matchers"]} == SILENCE["labels"]
    assert any("ada@example.com" in line and "s1" in line for line in ask.told)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "change",
    [{"hours": 0}, {"hours": 1000}, {"hours": True}, {"hours": "2"}, {"comment": " "}, {"labels": {}},
     {"labels": {"service": "order"}}, {"labels": {"alertname": "A", "instance": "x"}}, {"labels": {"alertname": ""}}],
    ids=str,
)  # fmt: skip
def test_a_silence_that_is_too_wide_or_without_reason_is_refused(ask: Ask, neighbour: Neighbour, change: Any) -> None:
    neighbour.paths["/api/v2/silences"] = (200, {"silenceID": "s1"})
    status, _, _ = ask("operator", "POST", "/console/api/silences", {"X-Longhouse-Console": "1"}, SILENCE | change)
    assert status == 422
    assert neighbour.asked == []


def test_over_ssh_root_needs_no_token(ask: Ask) -> None:
    assert ask("operator", "GET", SESSION)[1] == {"name": "root (over ssh)", "way": "operator"}


def test_over_ssh_another_name_is_refused(ask: Ask) -> None:
    """A foreign page whose name was made to point to this machine."""
    assert ask("operator", "GET", SESSION, {"Host": "evil.example:9080"})[0] == 421
    assert ask("operator", "GET", "/console", {"Host": "evil.example:9080"})[0] == 421
    assert ask("operator", "GET", SESSION, {"Host": "127.0.0.1:9080"})[0] == 200


def test_over_ssh_a_foreign_form_changes_nothing(ask: Ask, neighbour: Neighbour) -> None:
    neighbour.paths["/api/v2/silences"] = (200, {"silenceID": "s1"})
    assert ask("operator", "POST", "/console/api/silences", {"Content-Type": "text/plain"}, SILENCE)[0] == 403
    assert neighbour.asked == []
    assert ask("operator", "POST", "/console/api/silences", {"X-Longhouse-Console": "1"}, SILENCE)[0] == 200
