"""Who may call what: each handler's parameter of one of these types lets callers in or refuses them."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Annotated

from fastapi import Depends, Request

from functions.edge.access.rate_limits import Limits
from functions.edge.dependencies import edge_of
from functions.edge.http.headers import header
from leaderforge.domain.callers import LOOPBACK, Caller, Scope
from leaderforge.domain.errors import Unauthenticated

PLAYERS = "player token"


def _scheme_of(scope: Scope) -> str:
    return f"{scope} key"


def _requirement(scheme: str) -> dict[str, list[str]]:
    return {scheme: []}


_BEARER = {"type": "http", "scheme": "bearer"}
SCHEMES: Mapping[str, Mapping[str, str]] = {
    **{_scheme_of(scope): {**_BEARER, "description": f"A key of scope `{scope}`."} for scope in Scope},
    PLAYERS: {
        **_BEARER,
        "bearerFormat": "JWT",
        "description": "A token whose `sub` is the player's id, for that player only.",
    },
}
"""What callers can be known by, as the documentation tells it."""


class Access:
    """Lets those with one of the scopes pass, with `players` those with a token too; without scopes, everyone.

    Raises `Unauthenticated` for a key or a token that is not known, wherever it is sent.
    """

    def __init__(self, *scopes: Scope, players: bool = False) -> None:
        self._scopes = frozenset(scopes)
        self._players = players

    async def __call__(self, request: Request) -> Caller:
        """Return who asks. Raises `Unauthenticated` or `Forbidden`."""
        caller = await caller_of(request)
        if self._scopes and not (self._players and caller.user_id is not None):
            caller.require_any(self._scopes)
        return caller

    @property
    def schemes(self) -> list[dict[str, list[str]]]:
        """What a caller may be known by, one of them, as OpenAPI's `security`; `{}` is anyone."""
        if not self._scopes:
            return [{}, *map(_requirement, SCHEMES)]
        named = [_requirement(_scheme_of(scope)) for scope in Scope if scope in self._scopes]
        return [*named, _requirement(PLAYERS)] if self._players else named


class OperatorAccess(Access):
    """Lets admin keys pass, and programs on this machine."""

    async def __call__(self, request: Request) -> Caller:
        return LOOPBACK if _is_local(request) else await super().__call__(request)


Anyone = Annotated[Caller, Depends(Access())]
"""Whoever asks; a private board has its own say."""
Submitter = Annotated[Caller, Depends(Access(Scope.SUBMIT, Scope.ADMIN, players=True))]
"""Who may submit: a key for anyone, a player for itself where the board allows it, which the handler sees to."""
Registrar = Annotated[Caller, Depends(Access(Scope.SUBMIT, Scope.ADMIN))]
"""Who may create and change players."""
KeyHolder = Annotated[Caller, Depends(Access(*Scope))]
"""Whoever has a key, whatever its scope."""
Owner = Annotated[Caller, Depends(Access(Scope.ADMIN, players=True))]
"""Who may know everything about a player: an admin, and the player itself, which the handler sees to."""
Admin = Annotated[Caller, Depends(Access(Scope.ADMIN))]
"""Who may do everything."""
Operator = Annotated[Caller, Depends(OperatorAccess(Scope.ADMIN))]
"""An admin, or a program on this machine."""


async def require_allowance(request: Request, limits: Limits) -> None:
    """Count the request against its limit. Raises `RateLimited`."""
    try:
        caller: Caller | None = await caller_of(request)
    except Unauthenticated:
        caller = None  # whoever guesses keys is known by the address
    await limits.admit(request.scope, caller)


async def caller_of(request: Request) -> Caller:
    """Return who asks, found out once a request. Raises `Unauthenticated` for a key or a token that is not known."""
    known: Caller | None = request.scope.get("leaderforge.caller")
    if known is None:
        known = await edge_of(request).credentials.caller(header(request.scope, b"authorization"))
        request.scope["leaderforge.caller"] = known
    return known


def _is_local(request: Request) -> bool:
    """Whether a program on this machine asks for itself: a proxy on it says whom it asks for."""
    headers = request.headers
    if request.client is None or "x-forwarded-for" in headers or "forwarded" in headers:
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
