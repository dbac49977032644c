"""Alembic's entry; the body is the chassis'."""

from chassis.database.migrations import run_env
from chassis.database.tables import Base
from notifications.notifications import tables

__all__ = ["tables"]

run_env(Base.metadata)
