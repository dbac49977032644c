"""A way to the broker that can be cut."""

import contextlib
import socket
import threading
from dataclasses import dataclass, field


@dataclass
class BrokerProxy:
    """Forwards TCP from its own port to ``target``. While cut, it drops all connections and takes no new ones."""

    target: tuple[str, int]
    port: int = 0
    _cut: bool = False
    _open: list[socket.socket] = field(default_factory=list)
    _listener: socket.socket | None = None

    def start(self) -> None:
        """Listen in a thread."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self) -> None:
        """Close everything."""
        self.cut()
        if self._listener is None:
            return
        # Wakes the thread in accept(), which close() alone does not.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def cut(self) -> None:
        """The broker is gone."""
        self._cut = True
        for end in self._open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._open.clear()

    def heal(self) -> None:
        """The broker is back."""
        self._cut = False

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            if self._cut:
                client.close()
                continue
            broker = socket.create_connection(self.target)
            self._open += [client, broker]
            for source, sink in ((client, broker), (broker, client)):
                threading.Thread(target=_forward, args=(source, sink), daemon=True).start()


def _forward(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(65_536):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
