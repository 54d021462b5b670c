"""AWS's runtime API: a function's process receives invocations and sends their results.

See https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue

_PATH = "/2018-06-01/runtime/"
_POLL_S = 0.05


class MessageKind(Enum):
    """Kind of a message by or about a process."""

    READY = "requests the next invocation"
    INIT_ERROR = "failed to start"
    RESPONSE = "answers an invocation"
    ERROR = "fails an invocation"
    EXITED = "ended"
    CLOSED = "stopped by the executor"


@dataclass(frozen=True, slots=True)
class Message:
    """Message by or about a process. `request_id` is the id of the invocation that the message concerns."""

    kind: MessageKind
    request_id: str | None = None
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Invocation:
    """Event for a function. `deadline` is in ms."""

    request_id: str
    payload: bytes
    deadline: int
    function_arn: str
    trace_id: str

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers that accompany the payload."""
        return {
            "Lambda-Runtime-Aws-Request-Id": self.request_id,
            "Lambda-Runtime-Deadline-Ms": str(self.deadline),
            "Lambda-Runtime-Invoked-Function-Arn": self.function_arn,
            "Lambda-Runtime-Trace-Id": self.trace_id,
        }


class RuntimeApi:
    """Server of the runtime API for one process, on a separate port."""

    def __init__(self) -> None:
        self.invocations: SimpleQueue[Invocation | None] = SimpleQueue()
        """Invocations for the process. None ends the process's wait for the next invocation."""
        self.messages: SimpleQueue[Message] = SimpleQueue()
        """Messages by and about the process."""
        self._server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": self}))
        threading.Thread(target=self._server.serve_forever, args=(_POLL_S,), daemon=True).start()

    @property
    def address(self) -> str:
        """Return host and port."""
        host, port = self._server.server_address[:2]
        return f"{host!s}:{port}"

    def close(self) -> None:
        """Stop the server."""
        self.invocations.put(None)
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


class _Handler(BaseHTTPRequestHandler):
    api: RuntimeApi
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    """Buffered writes: head and body leave in one packet. A second packet would wait 40 ms for an acknowledgement."""

    def do_GET(self) -> None:
        if self.path != f"{_PATH}invocation/next":
            self._answer(404)
            return
        self.api.messages.put(Message(MessageKind.READY))
        invocation = self.api.invocations.get()
        if invocation is None:
            self.close_connection = True
        else:
            self._answer(200, invocation.payload, invocation.headers)

    def do_POST(self) -> None:
        body = self._body()
        match self.path.removeprefix(_PATH).split("/"):
            case ["init", "error"]:
                self._take(Message(MessageKind.INIT_ERROR, None, body))
            case ["invocation", request_id, "response"]:
                self._take(Message(MessageKind.RESPONSE, request_id, body))
            case ["invocation", request_id, "error"]:
                self._take(Message(MessageKind.ERROR, request_id, body))
            case _:
                self._answer(404)

    def log_message(self, *_: object) -> None:
        """Log nothing: LocalStack logs invocations itself."""

    def _take(self, message: Message) -> None:
        self.api.messages.put(message)
        self._answer(202, b'{"status":"OK"}')

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunks()
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
