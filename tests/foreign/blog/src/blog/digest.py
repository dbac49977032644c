"""A program that runs beside the web process and works through what it wrote."""

import os
import signal
import time
from types import FrameType

import psycopg


def main() -> None:
    stopping: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.append(number)

    signal.signal(signal.SIGTERM, stop)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        while not stopping:
            connection.execute("INSERT INTO digests (posts) SELECT count(*) FROM posts")
            time.sleep(0.5)
