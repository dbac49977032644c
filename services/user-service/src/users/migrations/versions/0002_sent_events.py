"""Events that were sent lately, for a broker that is lost with its host."""

from alembic import op

from chassis.messaging.migration_steps import create_sent_events

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_sent_events()


def downgrade() -> None:
    op.drop_table("outbox_sent")
