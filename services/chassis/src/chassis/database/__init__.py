"""PostgreSQL: engines, request sessions, table conventions, conflicts, migrations."""
