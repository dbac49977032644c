"""The platform's own fixtures, for the platform's own suite."""

pytest_plugins = ["chassis.testing.plugin"]
