"""Tests that run the product's own playbooks against a provisioned sandbox host (LONGHOUSE_HOST)."""

from __future__ import annotations

import os

import pytest

from tests.convergence.site import SandboxHost
from tests.e2e.conftest import customer, new_client, sandbox

__all__ = ["customer", "new_client", "sandbox"]  # fixtures


@pytest.fixture(scope="session")
def host() -> SandboxHost:
    return SandboxHost.read(os.environ["LONGHOUSE_HOST"])
