"""Posts in PostgreSQL, their readers on a WebSocket, a style sheet, and a health page of its own kind."""

import os
from pathlib import Path

import psycopg
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

app = FastAPI()
app.mount("/blog/static", StaticFiles(directory=Path(__file__).parent / "static"))


def database() -> psycopg.Connection[tuple[str]]:
    return psycopg.connect(os.environ["DATABASE_URL"])


@app.get("/healthy")
def healthy() -> str:
    with database() as connection:
        connection.execute("SELECT 1")
    return "fine"


@app.get("/blog/", response_class=HTMLResponse)
def page() -> str:
    return f'<link rel="stylesheet" href="/blog/static/style.css"><script>1</script>{os.environ["MOTTO"]}'


@app.get("/blog/posts")
def posts() -> list[str]:
    with database() as connection:
        return [row[0] for row in connection.execute("SELECT text FROM posts ORDER BY id")]


@app.post("/blog/posts", status_code=201)
async def post(request: Request) -> Response:
    text = (await request.body()).decode()
    with database() as connection:
        connection.execute("INSERT INTO posts (text) VALUES (%s)", (text,))
    return Response(status_code=201)


@app.get("/blog/digests")
def digests() -> int:
    with database() as connection:
        row = connection.execute("SELECT count(*) FROM digests").fetchone()
        return int(row[0]) if row else 0


@app.get("/blog/about")
def about(request: Request) -> dict[str, str]:
    """What it sees of its client and of its secret, without saying it."""
    client = request.client.host if request.client else ""
    secret = os.environ.get("SECRET_KEY", "")
    return {"scheme": request.url.scheme, "client": client, "secret_length": str(len(secret))}


@app.websocket("/blog/live")
async def live(socket: WebSocket) -> None:
    await socket.accept()
    try:
        while True:
            await socket.send_text(f"heard {await socket.receive_text()}")
    except WebSocketDisconnect:
        return
