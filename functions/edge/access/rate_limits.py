"""Rate limits: whose a request is, and what the answer tells of the limit."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.types import Scope as AsgiScope

from functions.edge.http.errors import RateLimited
from functions.edge.http.responses import Header
from leaderforge.config import Network, Settings
from leaderforge.domain.callers import Caller, Kind
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.rates import SECOND_US, Allowance, RateLimit
from leaderforge.ports import RateLimiter, Telemetry

Address = IPv4Address | IPv6Address

_EXEMPT = frozenset({"/api/health", "/metrics"})
_SITE_PREFIX = 64
"""What one subscriber has of IPv6 is a network of this prefix at least: its addresses count as one."""


class Limits:
    """Counts each request against one limit: that of its key, of its player, or else of its address."""

    def __init__(self, settings: Settings, limiter: RateLimiter, telemetry: Telemetry) -> None:
        self._key, self._player, self._address = settings.key_limit, settings.player_limit, settings.address_limit
        self._proxies = settings.trusted_proxies
        self._limiter = limiter
        self._telemetry = telemetry

    def __bool__(self) -> bool:
        """Whether there is any limit."""
        return any((self._key, self._player, self._address))

    async def admit(self, scope: AsgiScope, caller: Caller | None) -> None:
        """Note in the scope the headers that tell what is left; the caller is None if it could not be told.

        Raises `RateLimited`. While the limiter is out of reach, requests pass, and are counted.
        """
        subject, limit = self._subject(scope, caller)
        if limit is None or scope["route"].path in _EXEMPT:
            return
        try:
            allowance = await self._limiter.take(subject, limit)
        except IndexUnavailable:
            self._telemetry.count("rate_limits_skipped")
            return
        scope["leaderforge.headers"] = told(limit, allowance)
        if not allowance.allowed:
            self._telemetry.count("rate_limited", by=subject.partition(":")[0])
            raise RateLimited(f"too many requests: try again in {_seconds(allowance.retry_us)} s")

    def _subject(self, scope: AsgiScope, caller: Caller | None) -> tuple[str, RateLimit | None]:
        if caller is None or caller.kind is Kind.ANONYMOUS:
            return f"address:{address_of(scope, self._proxies)}", self._address
        if caller.kind is Kind.PLAYER:
            return caller.actor, self._player
        return f"key:{caller.kind}:{caller.name}:{caller.fingerprint}", self._key


def told(limit: RateLimit, allowance: Allowance) -> Sequence[Header]:
    """Return the headers that tell clients of their limit, with `Retry-After` where they have to wait."""
    headers = [
        (b"ratelimit-limit", b"%d" % limit.burst),
        (b"ratelimit-remaining", b"%d" % allowance.remaining),
        (b"ratelimit-reset", b"%d" % _seconds(allowance.reset_us)),
        (b"ratelimit-policy", b"%d;w=%d" % (limit.burst, _seconds(limit.window_us))),
    ]
    return headers if allowance.allowed else [*headers, (b"retry-after", b"%d" % _seconds(allowance.retry_us))]


def address_of(scope: AsgiScope, proxies: Sequence[Network]) -> str:
    """Return who sent the request: the last address on its way that is not a trusted proxy's.

    What proxies that are not trusted say of others is not believed.
    """
    client = scope.get("client")
    address = _parsed(client[0] if client else "")
    hops = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    for hop in reversed(hops.split(",") if hops else []):
        if address is None or not any(address in network for network in proxies):
            break
        address = _parsed(hop.strip())
    return _subscriber(address)


def _parsed(text: str) -> Address | None:
    """Return the address, that of IPv4 where IPv6 only wraps it."""
    try:
        parsed = ip_address(text)
    except ValueError:
        return None
    wrapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return wrapped or parsed


def _subscriber(address: Address | None) -> str:
    """Return an address as text, one of IPv6 as its network."""
    if isinstance(address, IPv6Address):
        return str(ip_network((int(address), _SITE_PREFIX), strict=False))
    return "unknown" if address is None else str(address)


def _seconds(microseconds: int) -> int:
    return -(-microseconds // SECOND_US)
