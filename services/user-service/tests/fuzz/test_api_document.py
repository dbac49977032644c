"""The API document against the application: no 5xx, and nothing that the document does not say.

Calls are made in-process and generated from a fixed seed, so that a failure can be repeated.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir
from pydantic import SecretStr
from schemathesis.python.asgi import get_client, shutdown_lifespans
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from chassis.testing.tokens import TokenMint
from users.application import build_application
from users.settings import UserSettings

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


def described() -> dict[str, Any]:
    """The document, of an application that is never started: what it says depends on no setting."""
    with tempfile.TemporaryDirectory() as directory:
        key = TokenMint(Path(directory)).pem
    settings = UserSettings(service="user", cursor_key=SecretStr("x" * 16), signing_key=SecretStr(key))
    return build_application(settings).openapi()


class Target:
    """Stands where schemathesis wants the application, which only a fixture can build."""

    app: FastAPI

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


target = Target()
document = schemathesis.openapi.from_dict(described())
document.app = target
# We send a token ourselves; generating calls without one would judge answers to calls that were never made.
document.config.generation.update(with_security_parameters=False)


@pytest.fixture(scope="module")
def running(user_settings: UserSettings) -> Iterator[None]:
    """An application of its own behind the document: schemathesis runs it in a loop of its own, once for all calls."""
    target.app = build_application(user_settings)
    yield
    shutdown_lifespans()


@document.parametrize()
@pytest.mark.usefixtures("running")
def test_the_document_tells_the_truth(case: schemathesis.Case[Any], mint: TokenMint) -> None:
    # Not every password or address that fits the schema is accepted: common passwords are not a matter of shape.
    case.call_and_validate(headers=mint.headers("admin"), excluded_checks=[positive_data_acceptance])


@pytest.fixture(scope="module")
def existing(running: None) -> str:
    """The id of a user who is there, so that changes get as far as changing."""
    person = {"email": f"{uuid4().hex}@example.com", "password": "a long enough secret 42", "name": "Ada"}
    with get_client(target) as session:
        answer = session.post("http://testserver/api/auth/register", json=person)
    assert answer.status_code == 201
    return str(answer.json()["id"])


@document.include(path="/api/users/{user_id}", method=["GET", "PUT"]).parametrize()
def test_the_document_tells_the_truth_of_an_existing_user(
    case: schemathesis.Case[Any], mint: TokenMint, existing: str
) -> None:
    case.path_parameters = {"user_id": existing}
    # The generated id, which may have been the only wrong thing, was just replaced by a good one.
    excluded: Any = [positive_data_acceptance, negative_data_rejection]
    case.call_and_validate(headers=mint.headers("admin"), excluded_checks=excluded)
