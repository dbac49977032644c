"""Runs inside Alembic, started by ``user-migrate``."""

import users.accounts.table
import users.password.table  # noqa: F401 - both fill the metadata
from chassis.database.migrations import run_env
from chassis.database.tables import Base

run_env(Base.metadata)
