"""Calling services of AWS that speak JSON."""

import asyncio
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from leaderforge.adapters.aws.signature import Credentials, signed_headers

_OK = 200


class AwsError(Exception):
    """A call that did not succeed; `code` is the service's own name for why, None where it could not be reached."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Access:
    """Where services are, and as whom they are called. `endpoint` stands in for all of AWS, as an emulation does."""

    region: str
    credentials: Credentials
    endpoint: str | None = None

    def url(self, service: str) -> str:
        return self.endpoint or f"https://{service}.{self.region}.amazonaws.com"


class AwsClient:
    """Calls one service over one connection, one call at a time; a connection that went stale is replaced."""

    def __init__(self, access: Access, service: str, *, target: str, version: str, timeout_s: float) -> None:
        """`target` is what the service's operations are called by, `version` that of its JSON protocol."""
        self._access = access
        self._service = service
        self._target = target
        self._content_type = f"application/x-amz-json-{version}"
        self._timeout_s = timeout_s
        self._address = urlsplit(access.url(service))
        self._connection: HTTPConnection | None = None
        self._lock = threading.Lock()

    async def call(self, operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the operation's answer. Raises `AwsError`."""
        return await asyncio.to_thread(self.call_waiting, operation, body)

    def call_waiting(self, operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the operation's answer, for callers without a loop. Raises `AwsError`."""
        encoded = json.dumps(body).encode()
        with self._lock:
            try:
                status, answer = self._sent(operation, encoded)
            except (OSError, HTTPException) as error:
                raise AwsError(f"{self._service} cannot be reached: {type(error).__name__}") from error
        if status != _OK:
            code = str(answer.get("__type", "")).rpartition("#")[2] or str(status)
            said = answer.get("message") or answer.get("Message") or ""
            raise AwsError(f"{self._service} refused {operation}: {code} {said}".rstrip(), code)
        return answer

    def close(self) -> None:
        """Close the connection; the next call opens a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _sent(self, operation: str, body: bytes) -> tuple[int, dict[str, Any]]:
        kept = self._connection is not None
        try:
            return _read(self._request(operation, body))
        except (OSError, HTTPException):
            self.close()
            if not kept:
                raise
        # The other side may have closed it while we were frozen: what a new one says counts.
        try:
            return _read(self._request(operation, body))
        except (OSError, HTTPException):
            self.close()
            raise

    def _request(self, operation: str, body: bytes) -> HTTPResponse:
        if self._connection is None:
            made = HTTPSConnection if self._address.scheme == "https" else HTTPConnection
            self._connection = made(self._address.netloc, timeout=self._timeout_s)
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
