"""``order-migrate``: bring the database up to date; run as the migrator."""

from chassis.database.migrations import run_migrations
from chassis.settings import MigrationSettings, load_settings


def main() -> None:
    """Migrate and return."""
    run_migrations("orders", load_settings(MigrationSettings))


if __name__ == "__main__":
    main()
