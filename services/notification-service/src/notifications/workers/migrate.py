"""The command ``notification-migrate``: brings the database to the package's newest revision."""

from chassis.database.migrations import run_migrations
from chassis.settings import MigrationSettings, load_settings


def main() -> None:
    """Migrate and say so; raises what PostgreSQL says when it cannot."""
    run_migrations("notifications", load_settings(MigrationSettings))
