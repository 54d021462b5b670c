"""Rate limits: the subject of a request, its allowance, and the response headers for both."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.types import Scope as AsgiScope

from functions.edge.http.errors import RateLimited
from functions.edge.http.responses import Header
from leaderforge.config import EnvironmentSettings
from leaderforge.domain.callers import Caller, CallerKind
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.rates import SECOND_US, Allowance, RateLimit
from leaderforge.ports.access import RateLimiter
from leaderforge.ports.telemetry import Telemetry
from leaderforge.setting_types import Network

Address = IPv4Address | IPv6Address

_EXEMPT = frozenset({"/api/health", "/metrics"})
"""Paths without a rate limit: monitoring must work under load."""
_SITE_PREFIX = 64
"""Bits of an IPv6 address that identify a network.

A subscriber has at least one such network: it counts as one address.
"""


class RateLimits:
    """Counter of requests.

    Each request counts against one limit: its key's, its player's (token), or else its address's.
    """

    def __init__(self, settings: EnvironmentSettings, limiter: RateLimiter, telemetry: Telemetry) -> None:
        self._key, self._player, self._address = settings.key_limit, settings.player_limit, settings.address_limit
        self._proxies = settings.trusted_proxies
        self._limiter = limiter
        self._telemetry = telemetry

    def __bool__(self) -> bool:
        """Return whether any rate limit is set."""
        return any((self._key, self._player, self._address))

    async def admit(self, scope: AsgiScope, caller: Caller | None) -> None:
        """Count a request and store its rate limit headers in the scope. The caller is None if it is unknown.

        Raises `RateLimited`. While the limiter is unavailable, requests pass, and a metric counts them.
        """
        subject, limit = self._subject(scope, caller)
        if limit is None or scope["route"].path in _EXEMPT:
            return
        try:
            allowance = await self._limiter.take(subject, limit)
        except IndexUnavailable:
            self._telemetry.count("rate_limits_skipped")
            return
        scope["leaderforge.headers"] = rate_limit_headers(limit, allowance)
        if not allowance.allowed:
            self._telemetry.count("rate_limited", by=subject.partition(":")[0])
            raise RateLimited(f"too many requests; retry in {_seconds(allowance.retry_us)} s")

    def _subject(self, scope: AsgiScope, caller: Caller | None) -> tuple[str, RateLimit | None]:
        if caller is None or caller.kind is CallerKind.ANONYMOUS:
            return f"address:{address_of(scope, self._proxies)}", self._address
        if caller.kind is CallerKind.PLAYER:
            return caller.actor, self._player
        return f"key:{caller.kind}:{caller.name}:{caller.fingerprint}", self._key


def rate_limit_headers(limit: RateLimit, allowance: Allowance) -> Sequence[Header]:
    """Return the response headers of a rate limit, with `Retry-After` if the request exceeds it."""
    headers = [
        (b"ratelimit-limit", b"%d" % limit.burst),
        (b"ratelimit-remaining", b"%d" % allowance.remaining),
        (b"ratelimit-reset", b"%d" % _seconds(allowance.reset_us)),
        (b"ratelimit-policy", b"%d;w=%d" % (limit.burst, _seconds(limit.window_us))),
    ]
    return headers if allowance.allowed else [*headers, (b"retry-after", b"%d" % _seconds(allowance.retry_us))]


def address_of(scope: AsgiScope, proxies: Sequence[Network]) -> str:
    """Return the client's address: the last address of the path that does not belong to a trusted proxy.

    Clients can forge X-Forwarded-For: only the parts that trusted proxies have appended count.
    """
    client = scope.get("client")
    address = _parsed(client[0] if client else "")
    hops = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    # From the nearest proxy backwards: each proxy appends the address of its own client.
    for hop in reversed(hops.split(",") if hops else []):
        if address is None or not any(address in network for network in proxies):
            break
        address = _parsed(hop.strip())
    return _subscriber(address)


def _parsed(text: str) -> Address | None:
    """Return the address, None for other text. An IPv4-mapped IPv6 address becomes IPv4."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _subscriber(address: Address | None) -> str:
    """Return an address as text. For an IPv6 address, return its network."""
    if isinstance(address, IPv6Address):
        return str(ip_network((int(address), _SITE_PREFIX), strict=False))
    return "unknown" if address is None else str(address)


def _seconds(microseconds: int) -> int:
    """Return the seconds, rounded up: a client that waits for them is not too early."""
    return -(-microseconds // SECOND_US)
