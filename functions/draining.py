"""Shutdown of uvicorn that answers the requests on all open connections, for one process or several workers.

A closed listener resets the connections in its queue, which the process has not accepted yet. A proxy that has sent a
POST on such a connection cannot repeat the POST, because the server could have executed the POST. The proxy's client
would receive 502.
"""

import asyncio
import os
import signal
import socket
import sys
from contextlib import suppress
from types import FrameType

from uvicorn import Config, Server
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import multiprocess

_ACCEPT_S = 0.02
"""Time in s that the event loop has to accept the connections in the queue of a listener."""
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run(config: Config) -> None:
    """Serve until a stop signal. Exit with `STARTUP_FAILURE` if the server cannot start."""
    if config.workers > 1:
        _Workers(config, [config.bind_socket()]).run()
        return
    config.load_app()
    server = DrainingServer(config)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


class DrainingServer(Server):
    """uvicorn's server. Its shutdown first accepts the connections that clients have opened already."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: accept the open connections, answer their requests, and end the application.

        `sockets` are the listeners if several workers share them. The parent process then refuses new connections.
        """
        if sockets is None:
            for listener in (listener for server in self.servers for listener in server.sockets):
                with socket.socket(fileno=os.dup(listener.fileno())) as duplicate:
                    _refuse_connections(duplicate)
        await asyncio.sleep(_ACCEPT_S)
        await super().shutdown(sockets)


def _refuse_connections(listener: socket.socket) -> None:
    """Let the system refuse new connections. At most one more connection can enter the listener's queue.

    A refused client tries again after a second. By then, the listener is closed, and a proxy uses another server.
    """
    listener.listen(0)


class _Worker(multiprocess.Process):
    """Process of uvicorn that runs a `DrainingServer`."""

    @property
    def server(self) -> Server:
        if self._server is None:
            self._server = DrainingServer(self.config)
        return self._server


class _Workers(multiprocess.Multiprocess):
    """uvicorn's parent of workers. At a stop signal, it refuses new connections and closes its copy of the listener.

    If the parent's copy stayed open longer than the workers' copies, connections in the queue would get no answer.
    """

    def __init__(self, config: Config, sockets: list[socket.socket]) -> None:
        super().__init__(config, sockets)
        self._is_stopping = False
        for number in _STOP_SIGNALS:
            signal.signal(number, self._on_stop)

    def run(self) -> None:
        """Serve until a stop signal. From then on, workers that have died are not replaced."""
        try:
            super().run()
        # After the stop signal, a new worker cannot start, because the listener is closed.
        except (OSError, ValueError):
            if not self._is_stopping:
                raise
            self.terminate_all()
            self.join_all()

    def _on_stop(self, number: int, _: FrameType | None) -> None:
        self.signal_queue.append(number)
        # Close the listeners only once: a second signal may interrupt this handler, or arrive while the workers end.
        if self._is_stopping:
            return
        # Do not set the event `should_exit`: the interrupted code may hold the event's lock, which would be a deadlock.
        self._is_stopping = True
        for listener in self.sockets:
            _refuse_connections(listener)
            listener.close()


# uvicorn has no option for the class of its workers.
multiprocess.Process = _Worker  # type: ignore[misc]
