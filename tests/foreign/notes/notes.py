"""A Flask application of one file, with a `static` folder beside it, that has never heard of Longhouse."""

import os

import psycopg
from flask import Flask, request
from flask.typing import ResponseReturnValue


def create_app() -> Flask:
    app = Flask(__name__, static_url_path="/notes/static")

    @app.get("/notes")
    def read() -> ResponseReturnValue:
        with psycopg.connect() as connection:
            return [row[0] for row in connection.execute("SELECT text FROM notes ORDER BY id")]

    @app.post("/notes")
    def write() -> ResponseReturnValue:
        with psycopg.connect() as connection:
            connection.execute("INSERT INTO notes (text) VALUES (%s)", (request.get_data(as_text=True),))
        return "", 201

    @app.get("/notes/about")
    def about() -> ResponseReturnValue:
        secret = os.environ.get("SECRET_KEY", "")
        return {"scheme": request.scheme, "client": request.remote_addr, "secret_length": str(len(secret))}

    @app.get("/status/")
    def status() -> ResponseReturnValue:
        return "up"

    return app
