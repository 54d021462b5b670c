"""uvicorn's protocol with limits on the head of a request: the request line and the headers.

uvicorn reads heads of any length and waits for them without a time limit. The application cannot limit heads, because
it receives a request only after the head. `uvicorn --http functions.edge.http.guarded:GuardedHttp` uses this protocol.
"""

import asyncio
from http import HTTPStatus
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from functions.edge.http.admission import ADMITTED, REFUSAL, Limiters, is_exempt
from functions.edge.http.cycle import Cycle
from functions.edge.http.errors import HeadTooLong, RequestTimeout
from functions.edge.wire.errors import render_error
from leaderforge.domain.errors import LeaderForgeError

MAX_HEAD_BYTES = 32_768
MAX_HEADERS = 128
HEAD_S = 10.0
"""Time limit in s for a complete head. It counts from the connection or, for a later request, from the first byte."""
NEW_GRACE_S = 1.0
"""Time in s that a shutdown leaves to a connection without a request so far: the client may be about to send it."""
_IDLE_GRACE_S = 0.05
"""Time in s for which a shutdown still reads idle connections: clients may have sent requests on them already."""
_SLICE = 16_384
"""Maximum bytes of a head that are parsed at once. Otherwise, a chunk of 256 KiB could contain 80,000 headers."""


class GuardedHttp(HttpToolsProtocol):
    """Protocol that answers 431 or 414 to a long head, 408 to a late head, and then closes the connection.

    It drops trailers. It closes the connection of a client that sends many bytes outside of bodies, such as trailers or
    chunk extensions.
    """

    _in_head = True
    """True before the end of a head, also between requests."""
    _is_begun = False
    """True once the parser has read the first byte of a head, until the end of the head."""
    _head_bytes = 0
    """Bytes of an incomplete head so far."""
    _has_body = False
    """True if the chunk that is being parsed has so far contained a part of a body."""
    _bytes_outside_body = 0
    """Number of bytes since the last part of a body."""
    _trailers = 0
    _head_timer: asyncio.TimerHandle | None = None
    _refusal = HTTPStatus.BAD_REQUEST
    _is_shed = False
    """True after the head of a request was refused under overload, while the rest of the request arrives."""
    _limiters: Limiters | None = None
    _is_draining = False
    """True after the beginning of the server's shutdown. The response to the next request ends the connection."""
    _idle_until: float | None = None
    """Time (s, the loop's clock) until which the connection waits for the next request. None during a request."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(HEAD_S, self._on_late_head)
        self._limiters = _limiters_of(self.app)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Close the connection, but first answer a request that the client may have sent already.

        uvicorn would close a connection whose request it has not read yet. A proxy could then not repeat a POST,
        because the POST could have been executed.
        """
        self._is_draining = True
        if self._is_answering():
            super().shutdown()
        elif not self._is_begun:
            self.loop.call_later(NEW_GRACE_S if self.cycle is None else _IDLE_GRACE_S, self._on_grace_end)

    def _on_grace_end(self) -> None:
        if self._in_head and not self._is_begun and not self._is_answering():
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        if not self._in_head or len(data) <= _SLICE:
            self._feed(data)
            return
        for start in range(0, len(data), _SLICE):
            if self.transport.is_closing():
                return
            self._feed(data[start : start + _SLICE])

    def on_message_begin(self) -> None:
        self._is_begun = True
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:
            super().on_header(name, value)
            return
        # Drop a trailer. uvicorn would append any number of trailers to the headers, where a trailer could override a
        # proxy's header.
        self._trailers += 1
        if self._trailers > MAX_HEADERS:
            raise ValueError  # stops the parser; uvicorn then calls `send_400_response`

    def on_body(self, body: bytes) -> None:
        self._has_body = True
        if not self._is_shed:
            super().on_body(body)

    def on_headers_complete(self) -> None:
        self._is_begun, self._head_bytes = False, 0
        self._bytes_outside_body = self._trailers = 0
        self._stop_timer()
        if len(self.headers) > MAX_HEADERS:
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise ValueError  # stops the parser; uvicorn then calls `send_400_response`
        self._in_head = False
        if self._is_answering() or self._admit():
            self._begin()
        else:
            self._shed()

    def _begin(self) -> None:
        """Begin the request as uvicorn does, but with a `Cycle` instead of an object of uvicorn's class."""
        parser, scope = self.parser, self.scope
        if self.limit_concurrency is not None or parser.should_upgrade():
            super().on_headers_complete()
            return
        scope["method"] = parser.get_method().decode("ascii")
        version = parser.get_http_version()
        if version != "1.1":
            scope["http_version"] = version
        raw_path, query = self._target()
        path = raw_path.decode("ascii")
        scope["path"] = self.root_path + (unquote(path) if "%" in path else path)
        scope["raw_path"] = self.root_path.encode("ascii") + raw_path
        scope["query_string"] = query
        is_answering = self._is_answering()
        cycle = self.cycle = Cycle(
            self, keep_alive=version != "1.0" and parser.should_keep_alive() and not self._is_draining
        )
        if is_answering:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))
        else:
            self._start_asgi_task(cycle, self.app)

    def _target(self) -> tuple[bytes, bytes]:
        """Return the path and the query string of the request. Raises `HttpParserInvalidURLError`."""
        if self.url.startswith(b"/") and b"#" not in self.url:
            path, _, query = self.url.partition(b"?")
            return path, query
        parsed = httptools.parse_url(self.url)
        return parsed.path, parsed.query or b""

    def _admit(self) -> bool:
        """Return whether the application gets the request. A limiter can refuse it, except on exempt paths."""
        if self._limiters is None or is_exempt(self.url.partition(b"?")[0].decode("latin-1")):
            return True
        limiter = self._limiters.of_method(self.parser.get_method().decode("ascii"))
        if not limiter.admit():
            return False
        self.scope[ADMITTED] = limiter  # type: ignore[literal-required]  # a key of the application
        return True

    def _shed(self) -> None:
        """Refuse the request without a task, and drop its body. Disconnect a client that waits for `100 Continue`."""
        self._is_shed = True
        stays_open = self.parser.should_keep_alive() and not self.expect_100_continue
        self.transport.write(_SHED if stays_open else _SHED_AND_CLOSED)
        if not stays_open:
            self.transport.close()

    def on_message_complete(self) -> None:
        self._in_head = True
        if not self._is_shed:
            super().on_message_complete()
            return
        self._is_shed = False
        self._await_next()

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._await_next()

    def _await_next(self) -> None:
        """Close the connection after `timeout_keep_alive` s without a further request.

        uvicorn sets a timer for each response. One timer for the connection, which checks the time when it fires, costs
        less.
        """
        if self._is_draining:
            self.transport.close()
            return
        self._idle_until = self.loop.time() + self.timeout_keep_alive
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_at(self._idle_until, self._on_idle)

    def _unset_keepalive_if_required(self) -> None:
        self._idle_until = None  # uvicorn calls this method for each received chunk

    def _on_idle(self) -> None:
        self.timeout_keep_alive_task = None
        if self._idle_until is None:  # a request is in flight: its response sets the timer again
            return
        if self._idle_until <= self.loop.time():
            self.timeout_keep_alive_handler()
        else:
            self.timeout_keep_alive_task = self.loop.call_at(self._idle_until, self._on_idle)

    def send_400_response(self, msg: str) -> None:
        if self._is_shed:  # the request has its answer already
            self.transport.close()
        elif self._is_body_unanswered():
            self.cycle.disconnected = True  # drops the application's answer, because the refusal answers the request
            super().send_400_response(msg)
        elif self._is_answering():  # an error would become a part of the answer to the earlier request
            self.transport.close()
        elif self._refusal is HTTPStatus.BAD_REQUEST:
            super().send_400_response(msg)
        else:
            self.transport.write(_answer(self._refusal))
            self.transport.close()

    def _feed(self, data: bytes) -> None:
        began_in_head = self._in_head
        super().data_received(data)
        if self.transport.is_closing():
            return
        if not self._in_head:
            self._limit_bytes_outside_body(data, began_in_head=began_in_head)
            return
        if self._is_begun and began_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse_long_head()
                return
        # Between requests, uvicorn's own timer limits the wait for the next request.
        if self._head_timer is None and (self._is_begun or not self._is_answering()):
            self._head_timer = self.loop.call_later(HEAD_S, self._on_late_head)

    def _limit_bytes_outside_body(self, data: bytes, *, began_in_head: bool) -> None:
        if not began_in_head:
            self._bytes_outside_body = 0 if self._has_body else self._bytes_outside_body + len(data)
            self._has_body = False
            if self._bytes_outside_body > MAX_HEAD_BYTES:
                self.transport.close()

    def _refuse_long_head(self) -> None:
        is_url = len(self.url) > MAX_HEAD_BYTES // 2
        self._refusal = HTTPStatus.REQUEST_URI_TOO_LONG if is_url else HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        self.send_400_response("")

    def _on_late_head(self) -> None:
        self._head_timer = None
        if self._is_begun and not self.transport.is_closing():
            self._refusal = HTTPStatus.REQUEST_TIMEOUT
            self.send_400_response("")
        else:
            self.transport.close()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _is_body_unanswered(self) -> bool:
        """Return whether a body is being read, and its request is the next one to answer and has no response so far."""
        return not self._in_head and not self._is_shed and not self.pipeline and not self.cycle.response_started

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


def _limiters_of(app: object) -> Limiters | None:
    """Return the limiters of the application, which a middleware of uvicorn may wrap."""
    state = getattr(getattr(app, "app", app), "state", None)
    return getattr(state, "admission", None)


def _answer(status: HTTPStatus) -> bytes:
    """Return the complete response to a request without a complete head."""
    return _response(status, _error(status), b"connection: close\r\n")


def _response(status: HTTPStatus, error: LeaderForgeError, headers: bytes) -> bytes:
    body = render_error(error).encode()
    common = b"content-type: application/json\r\ncache-control: no-store\r\n"
    return b"%s%s%scontent-length: %d\r\n\r\n%s" % (STATUS_LINE[status], common, headers, len(body), body)


def _error(status: HTTPStatus) -> LeaderForgeError:
    if status is HTTPStatus.REQUEST_TIMEOUT:
        return RequestTimeout(f"the request's headers did not arrive within {HEAD_S:g} s")
    if status is HTTPStatus.REQUEST_URI_TOO_LONG:
        return HeadTooLong(f"the path and the query may have about {MAX_HEAD_BYTES // 2} bytes; shorten them")
    return HeadTooLong(
        f"the request line and the headers may have up to {MAX_HEAD_BYTES} bytes and {MAX_HEADERS} headers; send fewer"
    )


_RETRY = b"retry-after: 1\r\n"
_SHED = _response(HTTPStatus.SERVICE_UNAVAILABLE, REFUSAL, _RETRY)
_SHED_AND_CLOSED = _response(HTTPStatus.SERVICE_UNAVAILABLE, REFUSAL, _RETRY + b"connection: close\r\n")
"""Responses to requests that are refused under overload."""
