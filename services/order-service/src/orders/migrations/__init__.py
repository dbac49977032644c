"""Alembic steps of order-service; they travel in the wheel."""
