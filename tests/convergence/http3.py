"""One request over HTTP/3, on a connection of its own.

By aioquic: curl of Debian 13 speaks QUIC through OpenSSL, and hangs on some connections whatever the server does
(docs/decisions/0073-http-3-is-a-switch.md).
"""

from __future__ import annotations

import asyncio
from typing import cast

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, QuicEvent

PATIENCE = 10


class Exchange(QuicConnectionProtocol):
    """A connection that carries one request; `status` waits until its answer is complete."""

    def begin(self, headers: dict[str, str], body: bytes) -> None:
        self._http = H3Connection(self._quic)
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._status = 0
        stream = self._quic.get_next_available_stream_id()
        encoded = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        self._http.send_headers(stream, encoded, end_stream=not body)
        if body:
            self._http.send_data(stream, body, end_stream=True)
        self.transmit()

    async def status(self) -> int:
        await asyncio.wait_for(self._ended, PATIENCE)
        return self._status

    def quic_event_received(self, event: QuicEvent) -> None:
        if not hasattr(self, "_http"):
            return
        if isinstance(event, ConnectionTerminated) and not self._ended.done():
            self._ended.set_exception(ConnectionError(event.reason_phrase))
        for part in self._http.handle_event(event):
            if isinstance(part, HeadersReceived):
                self._status = int(dict(part.headers)[b":status"])
            if isinstance(part, HeadersReceived | DataReceived) and part.stream_ended:
                self._ended.set_result(None)


def ask(
    address: str, path: str, *, ca_file: str, name: str = "", headers: dict[str, str] | None = None, body: bytes = b""
) -> int:
    """Status of the answer of `https://NAME/PATH` (NAME: the address) to a GET, or a POST of `body`.

    Raises:
        ConnectionError: no connection, or none that lasted until the answer.
        TimeoutError: no answer within ten seconds.
    """
    name = name or address
    fields = {":method": "POST" if body else "GET", ":scheme": "https", ":authority": name, ":path": path}
    configuration = QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN, server_name=name)
    configuration.load_verify_locations(cafile=ca_file)

    async def asked() -> int:
        async with connect(address, 443, configuration=configuration, create_protocol=Exchange) as connection:
            exchange = cast("Exchange", connection)
            exchange.begin(fields | (headers or {}), body)
            return await exchange.status()

    return asyncio.run(asked())
