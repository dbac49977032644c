"""A Flask application of one file, with a `static` folder beside it, that has never heard of Longhouse."""

import os

import psycopg
from celery import Celery
from flask import Flask, request
from flask.typing import ResponseReturnValue

queue = Celery("notes", broker=os.environ.get("BROKER_URL"))


@queue.task
def shout(number: int) -> None:
    with psycopg.connect() as connection:
        connection.execute("UPDATE notes SET text = upper(text) WHERE id = %s", (number,))


def create_app() -> Flask:
    app = Flask(__name__, static_url_path="/notes/static")

    @app.get("/notes")
    def read() -> ResponseReturnValue:
        with psycopg.connect() as connection:
            return [row[0] for row in connection.execute("SELECT text FROM notes ORDER BY id")]

    @app.post("/notes")
    def write() -> ResponseReturnValue:
        with psycopg.connect() as connection:
            words = (request.get_data(as_text=True),)
            (number,) = connection.execute("INSERT INTO notes (text) VALUES (%s) RETURNING id", words).fetchone()
        # After the transaction: the worker looks for what it wrote.
        if request.args.get("loud"):
            shout.apply_async((number,), queue="notes.loud")
        return "", 201

    @app.get("/notes/about")
    def about() -> ResponseReturnValue:
        secret = os.environ.get("SECRET_KEY", "")
        return {"scheme": request.scheme, "client": request.remote_addr, "secret_length": str(len(secret))}

    @app.get("/status/")
    def status() -> ResponseReturnValue:
        return "up"

    return app
