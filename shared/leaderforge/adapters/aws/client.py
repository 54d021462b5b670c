"""Client of AWS services that speak JSON."""

import asyncio
import json
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from leaderforge.adapters.aws.signature import AwsCredentials, signed_headers

_OK = 200


class AwsError(Exception):
    """Failed call. `code` is the service's name of the error, None if the service did not respond."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class AwsAccess:
    """Location of AWS services, and the credentials for them.

    `endpoint` is the base URL of an emulator that replaces all services, None for AWS itself.
    """

    region: str
    credentials: AwsCredentials
    endpoint: str | None = None

    def url(self, service: str) -> str:
        """Return the base URL of a service."""
        return self.endpoint or f"https://{service}.{self.region}.amazonaws.com"


class AwsClient:
    """Client of one service over one connection. Calls run one at a time.

    If the service has closed the connection, a call opens a new connection and is sent again, once.
    """

    def __init__(self, access: AwsAccess, service: str, *, target: str, version: str, timeout_s: float) -> None:
        """Set up a client of the service. The first call connects.

        `target` is the prefix of the service's operation names. `version` is the version of its JSON protocol.
        `timeout_s` limits each I/O step.
        """
        self._access = access
        self._service = service
        self._target = target
        self._content_type = f"application/x-amz-json-{version}"
        self._timeout_s = timeout_s
        self._address = urlsplit(access.url(service))
        self._connection: HTTPConnection | None = None
        self._lock = threading.Lock()
        self._is_aborted = False

    async def call(self, operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the response of an operation, called in a thread to keep the event loop free. Raises `AwsError`."""
        return await asyncio.to_thread(self.call_waiting, operation, body)

    def call_waiting(self, operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the response of an operation. The call blocks the thread. Raises `AwsError` if the call fails."""
        status, answer = self._send_alone(operation, json.dumps(body).encode())
        if status != _OK:
            raise self._refusal(operation, status, answer)
        return answer

    def _send_alone(self, operation: str, encoded: bytes) -> tuple[int, dict[str, Any]]:
        """Send an operation after the calls of other threads. Return the status and the answer. Raises `AwsError`."""
        # An HTTP connection carries one call at a time, and calls come from several threads.
        with self._lock:
            try:
                return self._send(operation, encoded)
            except (OSError, HTTPException) as error:
                raise AwsError(f"{self._service} cannot be reached: {type(error).__name__}") from error
            finally:
                if self._is_aborted:
                    self.close()

    def close(self) -> None:
        """Close the connection. The next call opens a new connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def abort(self) -> None:
        """End the call in flight, if any, from another thread. No further call may follow."""
        self._is_aborted = True
        connection = self._connection
        if connection is not None and connection.sock is not None:
            # Only a shutdown wakes a thread that waits for the socket. A close would not.
            with suppress(OSError):
                connection.sock.shutdown(socket.SHUT_RDWR)

    def _refusal(self, operation: str, status: int, answer: Mapping[str, Any]) -> AwsError:
        code = str(answer.get("__type", "")).rpartition("#")[2] or str(status)
        reason = str(answer.get("message") or answer.get("Message") or "").strip()
        # Use only the first line. If AWS refuses a signature, further lines repeat the signed headers of the request.
        first_line = reason.partition("\n")[0]
        return AwsError(f"{self._service} refused {operation}: {code} {first_line}".rstrip(), code)

    def _send(self, operation: str, body: bytes) -> tuple[int, dict[str, Any]]:
        is_reused = self._connection is not None
        try:
            return self._exchange(operation, body)
        except (OSError, HTTPException):
            if not is_reused or self._is_aborted:
                raise
        # AWS closes idle connections, for example while Lambda has frozen this process. Retry on a new connection.
        return self._exchange(operation, body)

    def _exchange(self, operation: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """Return the status and the answer of one request. Close the connection if it fails."""
        try:
            return _read(self._request(operation, body))
        except (OSError, HTTPException):
            self.close()
            raise

    def _request(self, operation: str, body: bytes) -> HTTPResponse:
        if self._connection is None:
            connection_type = HTTPSConnection if self._address.scheme == "https" else HTTPConnection
            self._connection = connection_type(self._address.netloc, timeout=self._timeout_s)
        self._connection.request("POST", "/", body, self._headers(operation, body))
        return self._connection.getresponse()

    def _headers(self, operation: str, body: bytes) -> Mapping[str, str]:
        return signed_headers(
            {
                "host": self._address.netloc,
                "content-type": self._content_type,
                "x-amz-target": f"{self._target}.{operation}",
            },
            body,
            credentials=self._access.credentials,
            region=self._access.region,
            service=self._service,
            now=datetime.now(UTC),
        )


def _read(response: HTTPResponse) -> tuple[int, dict[str, Any]]:
    text = response.read()
    try:
        answer = json.loads(text or b"{}")
    except ValueError:
        answer = {}
    return response.status, answer if isinstance(answer, dict) else {}
