"""Check of the Host header, against DNS rebinding.

An attacker can let the host name of a page resolve to this server's address. Browsers then treat the server as part of
the page's site. The Host header of requests from the page contains that host name. This check refuses such requests.
"""

import re
from collections.abc import Collection
from functools import lru_cache
from ipaddress import ip_address

from starlette.types import Scope

from functions.edge.http.errors import MisdirectedRequest
from functions.edge.http.headers import header

_ANY_HOST = "/api/health"
"""Path that is served for every Host. Load balancers send their own Host, and the answer has no private data."""
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^:]*)(:\d*)?")
_CACHED = 256


class KnownHosts:
    """Check that refuses requests whose Host is neither an allowed name nor a name of this machine."""

    def __init__(self, names: Collection[str] = ()) -> None:
        self._names = frozenset(name.lower() for name in names)
        self._is_known = lru_cache(_CACHED)(self._is_known_host)

    def __call__(self, scope: Scope) -> MisdirectedRequest | None:
        """Return the refusal of the request, None if it may pass."""
        if self._is_known(header(scope, b"host")) or scope["path"] == _ANY_HOST:
            return None
        return MisdirectedRequest(
            "this server does not serve the host in the Host header; name it in LEADERFORGE_ALLOWED_HOSTS"
        )

    def _is_known_host(self, host: bytes | None) -> bool:
        """Return whether to serve requests for this Host. None (no header) is allowed: browsers always send a Host."""
        if not host:
            return True
        match = _HOST.fullmatch(host.decode("latin-1").lower())
        name = match[1].rstrip(".").strip("[]") if match else ""
        return name in self._names or _is_of_this_machine(name)


def _is_of_this_machine(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
