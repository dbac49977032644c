"""What the chassis's own tests share; they need no service and most of them no host."""

import pytest

pytest_plugins = ["chassis.testing.plugin"]


@pytest.fixture(scope="session")
def service_name() -> str:
    return "sample"
