"""Transactions of requests, on a real PostgreSQL."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import httpx2
import psycopg
import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import text

from chassis.app import create_app
from chassis.database.conflicts import translate
from chassis.database.sessions import Read, Write, after_commit
from chassis.problems import Conflict
from chassis.settings import ServiceSettings
from chassis.testing.clients import running
from chassis.testing.databases import temporary_database
from chassis.testing.environment import TestEnvironment

TABLES = """
CREATE TABLE parents (id int CONSTRAINT pk_parents PRIMARY KEY);
CREATE TABLE children (parent int CONSTRAINT fk_children REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
"""
INSERT_PARENT = text("INSERT INTO parents VALUES (:id)")
ran: list[int] = []
router = APIRouter(prefix="/api")


@router.post("/parents/{number}")
async def add_parent(number: int, db: Write, fail: bool = False) -> dict[str, int]:
    async def note() -> None:
        ran.append(number)

    after_commit(db, note)
    with translate({"pk_parents": lambda: Conflict("exists")}):
        await db.execute(INSERT_PARENT, {"id": number})
    if fail:
        raise Conflict("changed my mind")
    return {"id": number}


@router.post("/orphans/{number}")
async def add_orphan(number: int, db: Write) -> dict[str, int]:
    # The constraint is checked by the commit.
    await db.execute(text("INSERT INTO children VALUES (:id)"), {"id": number})
    return {"id": number}


@router.get("/parents/{number}")
async def count(number: int, db: Read) -> int:
    return await db.scalar(text("SELECT count(*) FROM parents WHERE id = :id"), {"id": number}) or 0


@router.get("/slow")
async def slow(db: Read) -> None:
    await db.execute(text("SELECT pg_sleep(1)"))


@pytest.fixture(scope="module")
def database(test_environment: TestEnvironment) -> Iterator[str]:
    with temporary_database(test_environment.database_admin_url, "chassis_sessions") as url:
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            connection.execute(TABLES)
        yield url


@pytest.fixture(scope="module")
def app(database: str, bare_settings: dict[str, Any]) -> FastAPI:
    settings = ServiceSettings(**bare_settings, database_url=database, database_pool=2)
    return create_app(title="Sample", settings=settings, routers=[router])


@pytest.fixture(scope="module")
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(app) as client:
        yield client


Client = httpx2.AsyncClient


async def test_what_is_answered_is_committed(client: Client) -> None:
    assert (await client.post("/api/parents/1")).status_code == 200
    assert (await client.get("/api/parents/1")).json() == 1
    assert ran == [1]


async def test_a_failing_commit_is_not_answered_as_success(client: Client) -> None:
    response = await client.post("/api/orphans/99")
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_problem_rolls_back_and_nothing_runs_after(client: Client) -> None:
    ran.clear()
    assert (await client.post("/api/parents/2?fail=true")).status_code == 409
    assert (await client.get("/api/parents/2")).json() == 0
    assert ran == []


async def test_a_violated_constraint_speaks_the_domain(client: Client) -> None:
    await client.post("/api/parents/3")
    response = await client.post("/api/parents/3")
    assert (response.status_code, response.json()["detail"]) == (409, "exists")


async def test_no_free_connection_is_503_in_time(client: Client, monkeypatch: pytest.MonkeyPatch, app: FastAPI) -> None:
    pool = app.state.resources.database.write_engine.pool
    monkeypatch.setattr(pool, "_timeout", 0.2)
    statuses: list[int] = []

    async def call() -> None:
        response = await client.get("/api/slow")
        statuses.append(response.status_code)
        if response.status_code == 503:
            assert response.headers["retry-after"] == "1"

    async with anyio.create_task_group() as group:
        for _ in range(4):
            group.start_soon(call)
    assert sorted(statuses) == [200, 200, 503, 503]


async def test_a_restarted_database_costs_no_answer(client: Client, database: str) -> None:
    await client.get("/api/parents/1")
    with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(
            # Returns when they are gone: the pool looks whether the server has hung up.
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    statuses = [(await client.get("/api/parents/1")).status_code for _ in range(3)]
    assert statuses == [200, 200, 200]
