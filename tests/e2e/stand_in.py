"""A stand-in at the end of a service's upstream links: how the edge behaves when a service misbehaves."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.sandbox import Sandbox

# Runs on the host. Behaviours: `silent` reads and never answers, `breaking` reads and hangs up,
# `upgrading` switches protocols and sends back what it gets.
PROGRAM = """
import asyncio, os, sys

async def serve(reader, writer):
    head = await reader.readuntil(b"\\r\\n\\r\\n")
    if sys.argv[2] == "silent":
        await asyncio.sleep(120)
    if sys.argv[2] == "upgrading" and b"upgrade: websocket" in head.lower() and b"connection: upgrade" in head.lower():
        writer.write(b"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: upgrade\\r\\n\\r\\n")
        while data := await reader.read(1024):
            writer.write(data)
            await writer.drain()
    writer.close()

async def main():
    await asyncio.start_unix_server(serve, sys.argv[1])
    os.chmod(sys.argv[1], 0o666)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@contextmanager
def in_place_of(service: str, behaviour: str, sandbox: Sandbox) -> Iterator[None]:
    """All links of the service lead to the stand-in, or to nothing if `behaviour` is `absent`; restored at the end."""
    folder = f"/run/longhouse/{service}"
    socket = f"{folder}/stand-in.sock"
    before = sandbox.run(f"readlink {folder}/upstream/00").strip()
    try:
        if behaviour != "absent":
            program = base64.b64encode(PROGRAM.encode()).decode()
            sandbox.run(
                f"echo {program} | base64 -d > /run/stand-in.py;"
                f"systemd-run -q --collect --unit stand-in python3 /run/stand-in.py {socket} {behaviour};"
                f"timeout 10 sh -c 'until [ -S {socket} ]; do sleep 0.1; done'"
            )
        _lead(service, socket, sandbox)
        yield
    finally:
        _lead(service, before, sandbox)
        sandbox.run(f"systemctl stop stand-in 2>/dev/null; rm -f {socket} /run/stand-in.py")


def _lead(service: str, target: str, sandbox: Sandbox) -> None:
    sandbox.run(
        f"cd /run/longhouse/{service}/upstream && for link in $(seq -w 0 19); do"
        f" ln -s {target} moving.$link && mv -T moving.$link $link || exit 1; done"
    )
