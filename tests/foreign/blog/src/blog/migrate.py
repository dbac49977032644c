"""The schema, as a program that knows neither owners nor grants."""

import os

import psycopg


def main() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS posts (id bigserial PRIMARY KEY, text text NOT NULL)")
        connection.execute("CREATE TABLE IF NOT EXISTS digests (id bigserial PRIMARY KEY, posts bigint NOT NULL)")
