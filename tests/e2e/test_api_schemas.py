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
SIGN_IN = "^/api/auth/(login|register)$"
# The run's own session would be over.
LEAVING = "^/api/auth/(logout|refresh|sessions.*)$"


@pytest.fixture(scope="module")
def token(admin: Client, new_client: Callable[[], Client]) -> str:
    """The access token of an administrator of its own, so that whatever is done to it harms nobody else."""
    fuzzer = new_client()
    fuzzer.register("Fuzz")
    path = f"/api/users/{fuzzer.user['id']}"
    change = {"email": fuzzer.email, "name": "Fuzz", "role": "admin"}
    promoted = admin.put(path, json=change, headers={"If-Match": admin.get(path).headers["etag"]})
    assert promoted.status_code == 200, promoted.text
    assert fuzzer.log_in(fuzzer.email, PASSWORD).status_code == 200
    return str(fuzzer.tokens["access_token"])


def generate(sandbox: Sandbox, service: str, *options: str, examples: int = 20) -> None:
    """Run schemathesis over one service's document through the edge; its report is the failure's message."""
    done = subprocess.run(
        [
            str(SCHEMATHESIS), "run", f"{sandbox.base_url}/openapi/{service}.json",
            "--url", sandbox.base_url, "--tls-verify", sandbox.ca_file, "--checks", CHECKS,
            "--phases", "examples,coverage,fuzzing", "--max-examples", str(examples), "--workers", "2",
            "--generation-deterministic", "--continue-on-failure", "--request-timeout", "15", "--no-color", *options,
        ],
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]


@pytest.mark.parametrize("service", ["user", "order", "notification"])
def test_generated_requests_find_no_surprise(sandbox: Sandbox, token: str, service: str) -> None:
    left_out = ("--exclude-path-regex", f"{SIGN_IN}|{LEAVING}") if service == "user" else ()
    generate(sandbox, service, "--header", f"Authorization: Bearer {token}", *left_out)


def test_generated_sign_ins_find_no_surprise(sandbox: Sandbox) -> None:
    only = ("--include-path-regex", f"{SIGN_IN}|{LEAVING}")
    generate(sandbox, "user", *only, "--rate-limit", "15/s", examples=10)
