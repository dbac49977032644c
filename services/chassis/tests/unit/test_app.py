"""What every service's application does, whatever its routes."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from chassis.app import create_app
from chassis.problems import Conflict, problems
from chassis.security.guards import AdminPrincipal
from chassis.settings import ServiceSettings
from chassis.testing.clients import running
from chassis.testing.tokens import TokenMint

router = APIRouter(prefix="/api/samples")


class Sample(BaseModel):
    name: str


class SampleTaken(Conflict):
    title = "Sample taken"
    type = "urn:longhouse:problem:sample-taken"


@router.post("", response_model=Sample, responses=problems(SampleTaken))
async def add(body: Sample) -> Sample:
    raise SampleTaken("somebody has it", owner="Ada", headers={"X-Extra": "1"})


@router.get("/broken")
async def broken() -> None:
    raise RuntimeError("secret detail")


@router.get("/outage/{kind}")
async def outage(kind: str) -> None:
    raise PoolTimeout() if kind == "pool" else OperationalError("SELECT secret", {}, Exception("gone"))


@router.get("/{number}")
async def read(number: int) -> None:
    return None


@router.delete("/{number}")
async def remove(number: int, caller: AdminPrincipal) -> None:
    return None


class Never:
    async def contains(self, session: object) -> bool:
        return False


@pytest.fixture
def state(tmp_path: Path) -> dict[str, Any]:
    return {"fails": False, "hangs": False, "flag": tmp_path / "blue.draining"}


@pytest.fixture
def app(bare_settings: dict[str, Any], state: dict[str, Any]) -> FastAPI:
    async def check() -> dict[str, Any]:
        if state["fails"]:
            raise ConnectionError("to 10.0.0.1")
        if state["hangs"]:
            await asyncio.sleep(60)
        return {"depth": 3}

    settings = ServiceSettings(
        **{**bare_settings, "log_level": "ERROR", "release": "7", "socket": str(state["flag"].with_suffix(".sock"))}
    )
    app = create_app(title="Sample", settings=settings, routers=[router], checks={"queue": check})
    app.state.ended_sessions = Never()
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(app) as client:
        yield client


Client = httpx2.AsyncClient


async def test_a_problem_is_rendered_with_its_extensions(client: Client) -> None:
    response = await client.post("/api/samples", json={"name": "x"})
    assert response.status_code == 409
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-extra"] == "1"
    assert response.json() == {
        "type": "urn:longhouse:problem:sample-taken",
        "title": "Sample taken",
        "status": 409,
        "detail": "somebody has it",
        "request_id": response.headers["x-request-id"],
        "owner": "Ada",
    }


async def test_our_own_fault_tells_nothing_and_can_be_found(client: Client) -> None:
    response = await client.get("/api/samples/broken")
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert "secret" not in response.text
    assert response.json()["request_id"] == response.headers["x-request-id"]


@pytest.mark.parametrize("kind", ["pool", "database"])
async def test_an_outage_is_503_with_retry_after(client: Client, kind: str) -> None:
    response = await client.get(f"/api/samples/outage/{kind}")
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert "secret" not in response.text


async def test_passes_on_a_well_formed_trace_and_replaces_others(client: Client) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    sent = {"X-Request-Id": "request-0001", "traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    kept = await client.get("/livez", headers=sent)
    assert kept.headers["x-request-id"] == "request-0001"
    assert kept.headers["traceparent"].split("-")[1] == trace
    made = await client.get("/livez", headers={"X-Request-Id": "no good", "traceparent": "no good"})
    assert len(made.headers["x-request-id"]) == 36
    assert len(made.headers["traceparent"]) == 55


async def test_every_answer_names_its_request_once(client: Client) -> None:
    for path in ("/livez", "/nothing", "/api/samples/broken", "/api/samples/x"):
        response = await client.get(path)
        assert len(response.headers.get_list("x-request-id")) == 1
        assert len(response.headers.get_list("traceparent")) == 1


async def test_allow_names_all_methods_of_the_path(client: Client) -> None:
    response = await client.put("/api/samples/7")
    assert (response.status_code, response.headers["allow"]) == (405, "DELETE, GET")


async def test_guards(client: Client, mint: TokenMint) -> None:
    assert (await client.delete("/api/samples/7")).status_code == 401
    assert (await client.delete("/api/samples/7", headers=mint.headers("user"))).status_code == 403
    assert (await client.delete("/api/samples/7", headers=mint.headers("admin"))).status_code == 200


async def test_ready_names_who_and_what(client: Client, state: dict[str, Any]) -> None:
    ready = await client.get("/readyz")
    assert ready.status_code == 200
    body = ready.json()
    assert (body["status"], body["version"], body["colour"], body["service"]) == ("ok", "7", "blue", "sample")
    assert body["checks"]["queue"]["status"] == "ok"
    assert body["checks"]["queue"]["depth"] == 3
    state["fails"] = True
    failed = await client.get("/readyz")
    assert failed.status_code == 503
    assert failed.json()["checks"]["queue"]["status"] == "failed"
    assert "10.0.0.1" not in failed.text
    assert (await client.get("/livez")).status_code == 200


async def test_a_check_that_hangs_fails_in_time(
    client: Client, state: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.health.BUDGET_SECONDS", 0.05)
    state["hangs"] = True
    async with asyncio.timeout(2):
        response = await client.get("/readyz")
    assert response.status_code == 503


async def test_draining_closes_connections_and_is_not_ready(client: Client, state: dict[str, Any]) -> None:
    assert "connection" not in (await client.get("/livez")).headers
    state["flag"].touch()
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (503, "draining")
    assert (await client.get("/livez")).headers["connection"] == "close"


async def test_the_document_promises_problems(client: Client) -> None:
    document = (await client.get("/openapi.json")).json()
    add_it = document["paths"]["/api/samples"]["post"]["responses"]
    assert set(add_it) == {"200", "400", "409", "413", "415", "422", "429", "503"}
    assert add_it["409"]["content"] == {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
    }
    remove_it = document["paths"]["/api/samples/{number}"]["delete"]
    assert {"401", "422", "429"} <= set(remove_it["responses"])
    assert "HTTPValidationError" not in str(document)
    assert "/readyz" not in document["paths"]
