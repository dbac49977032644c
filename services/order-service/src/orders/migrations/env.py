"""Runs inside Alembic, started by ``order-migrate``."""

import orders.orders.tables  # noqa: F401 - fills the metadata
from chassis.database.migrations import run_env
from chassis.database.tables import Base

run_env(Base.metadata)
