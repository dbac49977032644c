"""What a service tells Prometheus, and that only Prometheus' port is told."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import APIRouter, FastAPI
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from chassis.app import create_app
from chassis.resources import Resources
from chassis.settings import ServiceSettings
from chassis.testing.clients import running

PORT = 9099
METRICS = f"http://127.0.0.1:{PORT}"
router = APIRouter(prefix="/api/measured")


@router.get("/{number}")
async def read(number: int) -> None:
    return None


async def depth(resources: Resources) -> list[Metric]:
    return [GaugeMetricFamily("sample_depth", "How deep", value=3)]


async def broken(resources: Resources) -> list[Metric]:
    raise ConnectionError("no database")


@pytest.fixture
def app(bare_settings: dict[str, Any]) -> FastAPI:
    settings = ServiceSettings(**{**bare_settings, "log_level": "ERROR", "release": "7", "metrics_port": PORT})
    return create_app(title="Sample", settings=settings, routers=[router], samples=[depth, broken])


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(app) as client:
        yield client


async def scraped(client: httpx2.AsyncClient) -> list[str]:
    response = await client.get(f"{METRICS}/metrics")
    assert response.status_code == 200
    return response.text.splitlines()


async def test_requests_are_counted_by_template_and_kind_of_status(client: httpx2.AsyncClient) -> None:
    for path in ("/api/measured/1", "/api/measured/2", "/api/measured/x", "/nowhere", "/readyz"):
        await client.get(path)
    lines = await scraped(client)
    count = "longhouse_http_request_seconds_count"
    assert f'{count}{{method="GET",route="/api/measured/{{number}}",status="2xx"}} 2.0' in lines
    assert f'{count}{{method="GET",route="/api/measured/{{number}}",status="4xx"}} 1.0' in lines
    assert any(line.startswith(f'{count}{{method="GET",route="unmatched",status="4xx"}}') for line in lines)
    assert not any("readyz" in line or "/api/measured/1" in line for line in lines)


async def test_an_invented_method_makes_no_series_of_its_own(client: httpx2.AsyncClient) -> None:
    await client.request("BREW", "/api/measured/1")
    assert not any("BREW" in line for line in await scraped(client))


async def test_samples_are_looked_up_and_a_broken_one_takes_nothing_along(client: httpx2.AsyncClient) -> None:
    lines = await scraped(client)
    assert "sample_depth 3.0" in lines
    assert 'longhouse_build_info{version="7"} 1.0' in lines


async def test_no_other_port_tells_metrics_and_their_port_tells_nothing_else(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/metrics")).status_code == 404
    assert (await client.get("http://127.0.0.1:8081/metrics")).status_code == 404
    assert (await client.get(f"{METRICS}/api/measured/1")).status_code == 404


async def test_the_files_of_all_processes_are_summed_up(
    bare_settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prometheus_client import values

    folders = []
    for name, amount in (("web", 2), ("fleet", 3)):
        folders.append(tmp_path / name)
        folders[-1].mkdir()
        monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folders[-1]))
        value = values.MultiProcessValue(lambda: 1)(  # type: ignore[no-untyped-call]
            "counter", "jobs_total", "jobs_total", (), (), "Jobs"
        )
        value.inc(amount)
    settings = ServiceSettings(
        **{**bare_settings, "log_level": "ERROR", "metrics_port": PORT, "metrics_dirs": ":".join(map(str, folders))}
    )
    async with running(create_app(title="Sample", settings=settings, routers=[router])) as client:
        assert "jobs_total 5.0" in await scraped(client)
