"""The people and places of the end-to-end tests."""

from tests.e2e.conftest import customer, new_client, sandbox

__all__ = ["customer", "new_client", "sandbox"]
