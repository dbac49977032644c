"""The table of accounts, and the outbox beside it."""

from sqlalchemy import CheckConstraint, Index, String, true
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database.tables import Base, Identified, Timestamped, Versioned
from chassis.messaging.tables import outbox_tables
from chassis.security.principal import Role


class Account(Identified, Timestamped, Versioned, Base):
    """One person. ``email`` is stored normalised, so the unique constraint ignores case."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("role IN ('user', 'admin')", name="role"),
        # The order in which admins list them.
        Index("ix_users_created_at_id", "created_at", "id"),
    )

    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[Role] = mapped_column(String(10), default="user", server_default="user")
    enabled: Mapped[bool] = mapped_column(default=True, server_default=true())
    password_hash: Mapped[str] = mapped_column(String(255))


OUTBOX = outbox_tables(Base.metadata)
