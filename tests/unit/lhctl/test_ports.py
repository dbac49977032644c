"""The real sides of the ports, where they can be tried without a host."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import UnixStreamServer

import pytest

from lhctl import lock
from lhctl.await_ready import await_ready
from lhctl.errors import RefusedError
from lhctl.network import KernelTables, SocketProbe


class Ready(BaseHTTPRequestHandler):
    body = b'{"version": "1", "colour": "blue"}'

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def address_string(self) -> str:
        return "unix"

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def ready(tmp_path: Path) -> Iterator[Path]:
    """A server that answers as version 1 on blue."""
    path = tmp_path / "blue.sock"
    with UnixStreamServer(str(path), Ready) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield path
        server.shutdown()


def test_accepted_and_waiting_connections_count_and_the_listener_does_not(tmp_path: Path) -> None:
    path, tables = tmp_path / "x.sock", KernelTables()
    with closing(socket.socket(socket.AF_UNIX)) as server, closing(socket.socket()) as tcp:
        server.bind(str(path))
        server.listen()
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()
        port = tcp.getsockname()[1]
        assert tables.count(path, port) == 0
        with closing(socket.socket(socket.AF_UNIX)) as client, closing(socket.create_connection(("127.0.0.1", port))):
            client.connect(str(path))
            waiting = tables.count(path, port)
            accepted, _ = server.accept()
            with accepted:
                assert tables.count(path, port) == waiting
            # The loopback connection has two ends; the one that belongs to the listener's port counts.
            assert waiting == 2
        assert tables.count(tmp_path / "other.sock", 1) == 0


def test_the_probe_reads_an_answer_and_says_why_there_is_none(ready: Path, tmp_path: Path) -> None:
    assert SocketProbe().get(ready, "/readyz").objection("1", "blue") == ""
    assert "expected 2 on blue" in SocketProbe().get(ready, "/readyz").objection("2", "blue")
    assert "No such file" in SocketProbe().get(tmp_path / "none.sock", "/readyz").objection("1", "blue")


def _environment(monkeypatch: pytest.MonkeyPatch, path: Path, version: str, pid: int) -> None:
    for key, value in {"SOCKET": path, "RELEASE": version, "COLOUR": "blue", "MAINPID": pid}.items():
        monkeypatch.setenv(key, str(value))


def test_ready_means_the_expected_version(monkeypatch: pytest.MonkeyPatch, ready: Path) -> None:
    _environment(monkeypatch, ready, "1", os.getpid())
    assert await_ready("/readyz", 5) == ""
    _environment(monkeypatch, ready, "2", os.getpid())
    assert "answered by version 1" in await_ready("/readyz", 0.2)


def test_a_dead_main_process_is_noticed_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    _environment(monkeypatch, tmp_path / "never.sock", "1", gone.pid)
    begun = time.monotonic()
    assert "ended before it was ready" in await_ready("/readyz", 30)
    assert time.monotonic() - begun < 1


def test_the_lock_names_its_holder_and_dies_with_it(tmp_path: Path) -> None:
    path, source = tmp_path / "lock", Path(__file__).resolve().parents[3] / "roles/release/files"
    code = (
        f"import sys, time; sys.path.insert(0, {str(source)!r}); from lhctl import lock\n"
        f"from pathlib import Path\nwith lock.held(Path({str(path)!r}), 0, 'lhctl deploy'):\n"
        "    print(flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(RefusedError, match=f"{holder.pid} lhctl deploy"), lock.held(path, 0, "second"):
            pass
        holder.kill()
        holder.wait()
        with lock.held(path, 0, "second"):
            assert path.read_text().endswith("second\n")
