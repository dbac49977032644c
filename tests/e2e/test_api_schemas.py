"""Generated requests, good and bad, against every documented address: no 5xx, and no undocumented answer."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.client import PASSWORD, Client
from tests.e2e.sandbox import Sandbox

SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
# Left out are the checks that suppose every well-formed request can succeed: most need an order or a user that exists.
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,negative_data_rejection,missing_required_header,unsupported_method,"
    "allow_header_conformance,ignored_auth"
)
SIGN_IN = "^/api/auth/(login|register|password.*)$"
# The run's own session would be over.
LEAVING = "^/api/auth/(logout|refresh|sessions.*)$"
ONE_USER = "^/api/users/[{]user_id[}]$"


@pytest.fixture
def fuzzer(admin: Client, new_client: Callable[[], Client]) -> Client:
    """An administrator of its own, so that ending its session harms nobody else."""
    client = new_client()
    client.register("Fuzz")
    path = f"/api/users/{client.user['id']}"
    change = {"email": client.email, "name": "Fuzz", "role": "admin"}
    promoted = admin.put(path, json=change, headers={"If-Match": admin.get(path).headers["etag"]})
    assert promoted.status_code == 200, promoted.text
    assert client.log_in(client.email, PASSWORD).status_code == 200
    return client


def generate(sandbox: Sandbox, service: str, *options: str, examples: int = 20) -> None:
    """Run schemathesis over one service's document through the edge; its report is the failure's message.

    One worker: two threads at once trip over a fault of CPython 3.11's parser (AST recursion depth mismatch).
    """
    done = subprocess.run(
        [
            str(SCHEMATHESIS), "run", f"{sandbox.base_url}/openapi/{service}.json",
            "--url", sandbox.base_url, "--tls-verify", sandbox.ca_file, "--checks", CHECKS,
            "--phases", "examples,coverage,fuzzing", "--max-examples", str(examples), "--workers", "1",
            "--generation-deterministic", "--continue-on-failure", "--request-timeout", "15", "--no-color", *options,
        ],
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]


def bearer(client: Client) -> tuple[str, str]:
    return ("--header", f"Authorization: Bearer {client.tokens['access_token']}")


@pytest.mark.parametrize("service", ["order", "notification"])
def test_generated_requests_of_an_administrator_find_no_surprise(
    sandbox: Sandbox, fuzzer: Client, service: str
) -> None:
    generate(sandbox, service, *bearer(fuzzer))
    assert fuzzer.get("/api/orders").status_code == 200  # it was let in until the end


def test_generated_requests_about_users_find_no_surprise(sandbox: Sandbox, fuzzer: Client) -> None:
    generate(sandbox, "user", *bearer(fuzzer), "--exclude-path-regex", f"{SIGN_IN}|{LEAVING}|{ONE_USER}")
    assert fuzzer.get("/api/users").status_code == 200


def test_generated_changes_of_a_user_find_no_surprise(sandbox: Sandbox, customer: Client) -> None:
    """As an ordinary user: ids found on the way belong to people that other tests, or persons, need."""
    generate(sandbox, "user", *bearer(customer), "--include-path-regex", ONE_USER)


def test_generated_sign_ins_find_no_surprise(sandbox: Sandbox) -> None:
    only = ("--include-path-regex", f"{SIGN_IN}|{LEAVING}")
    generate(sandbox, "user", *only, "--rate-limit", "15/s", examples=10)
