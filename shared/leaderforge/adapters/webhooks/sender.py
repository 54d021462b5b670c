"""HTTP client for notices, which connects to admitted addresses only."""

import asyncio
import socket
from collections.abc import Collection, Iterable, Mapping
from time import monotonic
from typing import Any

import httpcore

from leaderforge import __version__
from leaderforge.domain.addresses import Network, is_admitted
from leaderforge.domain.dispatching import DispatchAttempt

_MAX_RESPONSE_BYTES = 64 * 1024
"""Maximum number of bytes that are read of a response. A connection stays usable only after a complete read."""
_MAX_CONNECTIONS = 64
_KEEPALIVE_S = 15.0
_MAX_TRIED = 3
"""Maximum number of a host's addresses that are tried."""
_SUCCESSES = range(200, 300)
_REDIRECTS = range(300, 400)


class _RefusedAddress(Exception):
    """Error for a host with an address that the service must not connect to."""


class HttpNoticeSender:
    """`NoticeSender` by httpcore.

    A host's name is resolved once for each connection, and all its addresses must be admitted. The connection goes to
    the checked address. A change of the name's address after the check therefore has no effect. `allowed` are private
    networks that are admitted. `timeout_s` limits a whole request.
    """

    def __init__(self, allowed: Collection[Network], *, timeout_s: float = 10.0) -> None:
        self._allowed = allowed
        self._timeout_s = timeout_s
        self._pool: httpcore.AsyncConnectionPool | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def send(self, url: str, headers: Mapping[str, str], body: bytes, group: str = "") -> DispatchAttempt:
        began = monotonic()
        status, error = await self._result(url, headers, body)
        return DispatchAttempt(status, error, round((monotonic() - began) * 1000))

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()

    async def _result(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int | None, str | None]:
        """Return the status (None without a response), and the failure (None if the notice was accepted)."""
        try:
            async with asyncio.timeout(self._timeout_s):
                status = await self._status(url, headers, body)
        except TimeoutError:
            return None, f"no response within {self._timeout_s:g} s"
        except _RefusedAddress as refused:
            return None, str(refused)
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as failure:
            return None, _reason(failure)
        except (httpcore.UnsupportedProtocol, ValueError) as failure:
            return None, f"the address is invalid: {failure}"
        if status in _SUCCESSES:
            return status, None
        return status, f"redirect {status}, which is not followed" if status in _REDIRECTS else f"status {status}"

    async def _status(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        sent = {**headers, "content-type": "application/json", "user-agent": f"LeaderForge/{__version__}"}
        pairs = [(name.encode(), value.encode()) for name, value in sent.items()]
        host = httpcore.URL(url).host
        async with self._connections().stream(
            "POST", url, headers=[(b"host", _authority(url, host)), *pairs], content=body
        ) as response:
            await _read(response.aiter_stream())
            return response.status

    def _connections(self) -> httpcore.AsyncConnectionPool:
        """Return the pool of the running event loop. A pool of an earlier loop is unusable."""
        loop = asyncio.get_running_loop()
        if self._pool is None or self._loop is not loop:
            self._loop = loop
            self._pool = httpcore.AsyncConnectionPool(
                max_connections=_MAX_CONNECTIONS,
                keepalive_expiry=_KEEPALIVE_S,
                network_backend=_CheckedBackend(self._allowed),
            )
        return self._pool


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Network backend that connects to admitted addresses only."""

    def __init__(self, allowed: Collection[Network]) -> None:
        self._allowed = allowed
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature of httpcore
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception = _RefusedAddress(f"{host} has no address")
        for address in (await self._addresses(host, port))[:_MAX_TRIED]:
            try:
                return await self._network.connect_tcp(
                    address, port, timeout=timeout, local_address=local_address, socket_options=socket_options
                )
            except httpcore.NetworkError as error:
                failure = error
        raise failure

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature of httpcore
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        raise _RefusedAddress("a socket of this machine is no endpoint")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> list[str]:
        """Return the addresses of a host. Raises `_RefusedAddress` if any of them is not admitted."""
        try:
            resolved = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError(f"the name {host} cannot be resolved") from error
        addresses = list(dict.fromkeys(str(info[4][0]) for info in resolved))
        for address in addresses:
            if not is_admitted(address, self._allowed):
                raise _RefusedAddress(
                    f"{host} has the address {address}, which is not public; LEADERFORGE_EVENT_NETWORKS can allow it"
                )
        return addresses


async def _read(pieces: Any) -> None:
    """Read a response, up to `_MAX_RESPONSE_BYTES`."""
    length = 0
    async for piece in pieces:
        length += len(piece)
        if length > _MAX_RESPONSE_BYTES:
            return


def _authority(url: str, host: bytes) -> bytes:
    """Return the value of the Host header: the host, with the port unless it is the scheme's default port."""
    parsed = httpcore.URL(url)
    name = b"[%s]" % host if b":" in host else host
    default = {b"http": 80, b"https": 443}.get(parsed.scheme)
    return name if parsed.port in (None, default) else b"%s:%d" % (name, parsed.port)


def _reason(failure: Exception) -> str:
    return f"no response: {str(failure) or type(failure).__name__}"[:200]
