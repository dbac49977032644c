"""``user-ensure-admin``: an admin who can log in, and nothing twice."""

import sys
from collections.abc import Callable

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text

from users.commands import ensure_admin as command
from users.commands.ensure_admin import ensure_admin
from users.settings import UserSettings

Client = httpx2.AsyncClient


async def log_in(client: Client, email: str, password: str) -> httpx2.Response:
    return await client.post("/api/auth/login", json={"email": email, "password": password})


async def test_makes_an_admin_once(
    app: FastAPI, client: Client, user_settings: UserSettings, fresh_email: Callable[[], str]
) -> None:
    email = fresh_email()
    assert user_settings.admin_password is not None
    password = user_settings.admin_password.get_secret_value()
    assert await ensure_admin(user_settings, email) == "created"
    assert await ensure_admin(user_settings, email) == "unchanged"
    tokens = (await log_in(client, email, password)).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await client.get("/api/users", headers=headers)).status_code == 200
    async with app.state.resources.database.read_engine.connect() as connection:
        events = await connection.scalar(
            text("SELECT count(*) FROM outbox WHERE payload->'data'->>'email' = :email"), {"email": email}
        )
    assert events == 1


async def test_a_rotated_password_replaces_the_old_one(
    client: Client, user_settings: UserSettings, fresh_email: Callable[[], str]
) -> None:
    email = fresh_email()
    assert user_settings.admin_password is not None
    old = user_settings.admin_password.get_secret_value()
    await ensure_admin(user_settings, email)
    tokens = (await log_in(client, email, old)).json()
    rotated = user_settings.model_copy(update={"admin_password": SecretStr("another long secret 43")})
    assert await ensure_admin(rotated, email) == "changed"
    assert (await log_in(client, email, old)).status_code == 401
    assert (await log_in(client, email, "another long secret 43")).status_code == 200
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await client.get("/api/users", headers=headers)).status_code == 401


async def test_gives_an_existing_user_the_role(
    client: Client, user_settings: UserSettings, fresh_email: Callable[[], str]
) -> None:
    email = fresh_email()
    assert user_settings.admin_password is not None
    password = user_settings.admin_password.get_secret_value()
    await client.post("/api/auth/register", json={"email": email, "password": password, "name": "Ada"})
    assert await ensure_admin(user_settings, email) == "changed"
    assert await ensure_admin(user_settings, email) == "unchanged"


def test_a_malformed_address_is_one_clear_line(
    user_settings: UserSettings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "load_settings", lambda _: user_settings)
    monkeypatch.setattr(command, "configure_logging", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["user-ensure-admin", "--email", "nobody"])
    with pytest.raises(SystemExit) as ended:
        command.main()
    assert ended.value.code == 2
    assert "--email nobody" in capsys.readouterr().err
