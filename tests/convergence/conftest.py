"""Tests that run the product's own playbooks against a provisioned sandbox host (LONGHOUSE_HOST)."""

from __future__ import annotations

import os

import pytest

from tests.convergence.site import SandboxHost


@pytest.fixture(scope="session")
def host() -> SandboxHost:
    return SandboxHost.read(os.environ["LONGHOUSE_HOST"])
