"""Rate limits: the subject (key, player or address) of a request, its allowance, and the response headers."""

from collections.abc import Sequence

from starlette.types import Scope as AsgiScope

from functions.edge.access.addresses import address_of
from functions.edge.http.errors import RateLimited
from functions.edge.http.responses import Header
from leaderforge.config import EnvironmentSettings
from leaderforge.domain.callers import Caller, CallerKind
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.rates import SECOND_US, Allowance, RateLimit
from leaderforge.ports.access import RateLimiter
from leaderforge.ports.telemetry import Telemetry

_EXEMPT = frozenset({"/api/health", "/metrics"})
"""Paths without a rate limit: monitoring must work under load."""

_SIGN_IN = "/api/auth/"
"""Prefix of the paths of sign-ins."""


class RateLimits:
    """Counter of requests against rate limits.

    Each request counts against one limit: the limit of its key, of the player of its token, or else of its address.
    Sign-ins have a separate limit per address, because anybody may send them and each may create a player.
    """

    def __init__(self, settings: EnvironmentSettings, limiter: RateLimiter, telemetry: Telemetry) -> None:
        self._key, self._player, self._address = settings.key_limit, settings.player_limit, settings.address_limit
        # If false, only sign-ins have a limit. All other requests then skip the look-up of the client's address.
        self._has_caller_limit = any((self._key, self._player, self._address))
        self._sign_in = settings.sign_in_limit if settings.device_sign_in or settings.oidc_issuer else None
        self._proxies = settings.trusted_proxies
        self._limiter = limiter
        self._telemetry = telemetry

    def __bool__(self) -> bool:
        """Return whether any rate limit is set."""
        return self._has_caller_limit or self._sign_in is not None

    def cover(self, scope: AsgiScope) -> bool:
        """Return whether a request for this path may count against a rate limit."""
        path: str = scope["route"].path
        return path not in _EXEMPT if self._has_caller_limit else path.startswith(_SIGN_IN)

    async def admit(self, scope: AsgiScope, caller: Caller | None) -> None:
        """Count a request, and store its rate limit headers in the scope. `caller` is None for invalid credentials.

        Raises `RateLimited`. While the limiter is unavailable, requests pass, and a metric counts them.
        """
        subject, limit = self._subject(scope, caller)
        if limit is None:
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
        if self._sign_in is not None and scope["route"].path.startswith(_SIGN_IN):
            return f"sign_in:{address_of(scope, self._proxies)}", self._sign_in
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


def _seconds(microseconds: int) -> int:
    """Return the time in seconds. Round up, because a client that waits this long must not retry too early."""
    return -(-microseconds // SECOND_US)
