"""Fixtures of the notification service's suites."""

from typing import Any

import pytest

from notifications.settings import NotificationSettings

pytest_plugins = ["chassis.testing.plugin"]


@pytest.fixture(scope="session")
def service_name() -> str:
    return "notification"


@pytest.fixture(scope="session")
def service_package() -> str:
    return "notifications"


@pytest.fixture(scope="session")
def settings(service_settings: dict[str, Any]) -> NotificationSettings:
    return NotificationSettings(**service_settings)
