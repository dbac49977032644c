"""POST /api/auth/register."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

PASSWORD = "a long enough secret 42"
Client = httpx2.AsyncClient


def body(**changes: Any) -> dict[str, Any]:
    return {"email": "someone@example.com", "password": PASSWORD, "name": "Ada Lovelace", **changes}


async def test_answers_the_new_user(client: Client, fresh_email: Callable[[], str]) -> None:
    email = fresh_email()
    response = await client.post("/api/auth/register", json=body(email=email))
    assert response.status_code == 201
    user = response.json()
    assert set(user) == {"id", "email", "name", "role", "enabled", "created_at", "updated_at"}
    assert (user["email"], user["name"], user["role"], user["enabled"]) == (email, "Ada Lovelace", "user", True)
    assert response.headers["location"] == f"/api/users/{user['id']}"


async def test_refuses_an_address_in_use_whatever_its_case(client: Client, fresh_email: Callable[[], str]) -> None:
    email = fresh_email()
    first = await client.post("/api/auth/register", json=body(email=email.upper()))
    assert first.json()["email"] == email
    second = await client.post("/api/auth/register", json=body(email=email))
    assert second.status_code == 409
    assert second.headers["content-type"] == "application/problem+json"
    assert second.json()["type"] == "urn:longhouse:problem:email-taken"
    assert second.json()["request_id"] == second.headers["x-request-id"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"),
        ("email", "a@b"),
        ("email", "a@b.c\x00"),
        ("email", "a\ud800@example.com"),
        ("email", f"{'a' * 250}@example.com"),
        ("email", "a@example.com\nBcc: all@example.com"),
        ("email", 7),
        ("email", None),
        ("password", "short"),
        ("password", "x" * 129),
        ("password", "password123"),
        ("password", "Password123"),
        ("password", "aaaaaaaaaaaa"),
        ("password", "someone@example.com"),
        ("password", "long enough \x00 here"),
        ("password", "long enough \ud800 here"),
        ("name", ""),
        ("name", "   "),
        ("name", "x" * 101),
        ("name", "A\x00B"),
        ("name", "A\nB"),
        ("name", "\udfff"),
        ("name", ["Ada"]),
        ("role", "admin"),
        ("enabled", True),
        ("id", "0"),
    ],
)
async def test_names_the_refused_field(client: Client, field: str, value: object) -> None:
    # json.dumps escapes lone surrogates, as a careless client would.
    content = json.dumps(body(**{field: value}))
    response = await client.post("/api/auth/register", content=content, headers={"content-type": "application/json"})
    assert response.status_code == 422, response.text
    problem = response.json()
    assert [error["field"] for error in problem["errors"]] == [field]
    assert str(value) not in problem["detail"] or field != "password"


async def test_survives_a_field_name_that_is_not_text(client: Client) -> None:
    content = json.dumps(body(**{"\ud800": 1}))
    response = await client.post("/api/auth/register", content=content, headers={"content-type": "application/json"})
    assert response.status_code == 422


async def test_names_missing_fields(client: Client) -> None:
    response = await client.post("/api/auth/register", json={})
    assert response.status_code == 422
    assert {error["field"] for error in response.json()["errors"]} == {"email", "password", "name"}


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"{}", "", 415),
        (b"[]", "application/json", 422),
        (b"", "application/json", 422),
        (b'{"email": NaN}', "application/json", 422),
        (b" " * 70_000, "application/json", 413),
    ],
)
async def test_refuses_what_is_not_a_json_object(client: Client, content: bytes, media: str, status: int) -> None:
    response = await client.post("/api/auth/register", content=content, headers={"content-type": media})
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == status
    assert response.headers["x-request-id"]
    assert response.headers["traceparent"]


async def test_a_streamed_body_is_limited_too(client: Client) -> None:
    async def endless() -> Any:
        for _ in range(100):
            yield b" " * 1000

    response = await client.post("/api/auth/register", content=endless(), headers={"content-type": "application/json"})
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"


async def test_wrong_method_and_path(client: Client) -> None:
    wrong = await client.get("/api/auth/register")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert wrong.headers["content-type"] == "application/problem+json"
    missing = await client.get("/api/auth/nothing")
    assert (missing.status_code, missing.headers["content-type"]) == (404, "application/problem+json")
