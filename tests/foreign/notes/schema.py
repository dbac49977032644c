"""`python schema.py` makes the table."""

import psycopg

with psycopg.connect() as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS notes (id bigserial PRIMARY KEY, text text NOT NULL)")
