"""The API document against the application: no 5xx, and nothing that the document does not say.

Calls are made in-process and generated from a fixed seed, so that a failure can be repeated.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir
from pydantic import SecretStr
from schemathesis.python.asgi import shutdown_lifespans
from schemathesis.specs.openapi.checks import positive_data_acceptance

from chassis.settings import ServiceSettings
from chassis.testing.tokens import TokenMint
from orders.application import build_application
from orders.customers.directory import CustomerDirectory

# schemathesis touches Hypothesis's default folder even when no database is kept, and ours may be read-only.
set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "longhouse-hypothesis")
settings.register_profile(
    "api-document",
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.load_profile("api-document")


def described() -> dict[str, Any]:
    """The document, of an application that is never started: what it says depends on no setting."""
    return build_application(ServiceSettings(service="order", cursor_key=SecretStr("x" * 16))).openapi()


class Target:
    """Stands where schemathesis wants the application, which only a fixture can build."""

    app: FastAPI
    customers: CustomerDirectory

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)
        # The start of the application has put the real directory in place; it would find nobody here.
        self.app.state.customers = self.customers


target = Target()
document = schemathesis.openapi.from_dict(described())
document.app = target


@pytest.fixture(scope="module")
def running(order_settings: ServiceSettings, everybody: CustomerDirectory) -> Iterator[None]:
    """An application of its own behind the document, started once for all calls."""
    target.app, target.customers = build_application(order_settings), everybody
    yield
    shutdown_lifespans()


@document.parametrize()
@pytest.mark.usefixtures("running")
def test_the_document_tells_the_truth(case: schemathesis.Case[Any], mint: TokenMint) -> None:
    # Two things no schema can say: a cursor is signed by us, and a name of blanks only is empty once it is trimmed.
    beyond_schema = "cursor" in (case.query or {}) or case.method == "POST"
    case.call_and_validate(
        headers=mint.headers("admin"), excluded_checks=[positive_data_acceptance] if beyond_schema else []
    )
