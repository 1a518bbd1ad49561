"""A TCP proxy that holds the stream of a server at a chosen byte, so that tests can act there."""

from __future__ import annotations

import socket
import threading
from types import TracebackType

from support.paths import free_port


class SlowProxy:
    """Forwards connections to 127.0.0.1:port; stops after `hold_at` bytes from the server."""

    def __init__(self, server_port: int, hold_at: int) -> None:
        self.port = free_port()
        self._server_port = server_port
        self._hold_at = hold_at
        self._held = threading.Event()
        self._go_on = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._listener.settimeout(60)
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> SlowProxy:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._go_on.set()
        self._listener.close()
        for one in self._sockets:
            one.close()

    def wait_until_held(self, seconds: float = 60) -> None:
        """Wait until the server's stream stands still."""
        assert self._held.wait(seconds), "the stream never came so far"

    def go_on(self) -> None:
        """Let the rest pass."""
        self._go_on.set()

    def _serve(self) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError:
            return
        server = socket.create_connection(("127.0.0.1", self._server_port))
        self._sockets += [client, server]
        threading.Thread(target=self._copy, args=(client, server, False), daemon=True).start()
        self._copy(server, client, True)

    def _copy(self, source: socket.socket, target: socket.socket, counted: bool) -> None:
        passed = 0
        try:
            while piece := source.recv(65536):
                target.sendall(piece)
                passed += len(piece)
                if counted and passed >= self._hold_at and not self._held.is_set():
                    self._held.set()
                    self._go_on.wait(120)
        except OSError:
            pass
        finally:
            for one in (source, target):
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue
