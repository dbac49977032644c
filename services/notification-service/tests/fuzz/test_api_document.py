"""The API document against the application: no 5xx, and nothing that the document does not say.

Calls are made in-process and generated from a fixed seed, so that a failure can be repeated.
"""

import copy
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

from chassis.testing.tokens import TokenMint
from notifications.application import build_application
from notifications.settings import NotificationSettings

# schemathesis touches Hypothesis's default folder even when no database is kept, and ours may be read-only.
set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "longhouse-hypothesis")
# As a profile, because schemathesis looks at the defaults too: examples found once are kept as tests, not in a folder.
settings.register_profile(
    "api-document",
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.load_profile("api-document")


class Target:
    """Stands where schemathesis wants the application, which only a fixture can build."""

    app: FastAPI

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


def described() -> dict[str, Any]:
    """The document, which depends on no setting. Without the token: the roles below say who calls, on every call."""
    application = build_application(NotificationSettings(service="notification", cursor_key=SecretStr("x" * 16)))
    found = copy.deepcopy(application.openapi())
    for path in found["paths"].values():
        for operation in path.values():
            del operation["security"]
    return found


target = Target()
document = schemathesis.openapi.from_dict(described())
document.app = target


@pytest.fixture(scope="module")
def running(settings: NotificationSettings) -> Iterator[None]:
    """The application behind the document, started once for all calls."""
    target.app = build_application(settings)
    yield
    shutdown_lifespans()


@document.parametrize()
@pytest.mark.parametrize("role", ["admin", "user", "nobody"])
@pytest.mark.usefixtures("running")
def test_the_document_is_true(case: schemathesis.Case[Any], role: str, mint: TokenMint) -> None:
    headers = {} if role == "nobody" else mint.headers("admin" if role == "admin" else "user")
    # Left out: what fits an address depends on the channel and what fits the data on the template; 422 says which.
    case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])
