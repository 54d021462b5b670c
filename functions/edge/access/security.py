"""Access checks, and the types of handlers' parameters that apply them."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated

from fastapi import Depends, Request

from functions.edge.access.addresses import is_on_this_machine
from functions.edge.access.rate_limits import RateLimits
from functions.edge.dependencies import edge_of
from functions.edge.http.headers import header
from leaderforge.domain.callers import ANONYMOUS, LOOPBACK, Caller
from leaderforge.domain.errors import StoreUnavailable, Unauthenticated
from leaderforge.domain.permissions import SCOPES_BY_PERMISSION, KeyScope, Permission, Role

PLAYERS = "playerToken"
_OTHER_HEADER = b"x-api-key"
"""Header in which other services expect keys. It is allowed in requests, because gateways add it for their own use."""
_HINT = "this call needs an API key or a player token, and X-API-Key is not read: send Authorization: Bearer <key>"

_ROLES = (Role.VIEWER, Role.MODERATOR)
"""Roles with a security scheme. The role `owner` has the scheme of the scope `admin`."""


def _scheme_of(holder: KeyScope | Role) -> str:
    return f"{holder}Key"


def _requirement(scheme: str) -> dict[str, list[str]]:
    return {scheme: []}


_BEARER = {"type": "http", "scheme": "bearer"}
SCHEMES: Mapping[str, Mapping[str, str]] = {
    **{_scheme_of(scope): {**_BEARER, "description": f"An API key of scope `{scope}`."} for scope in KeyScope},
    **{_scheme_of(role): {**_BEARER, "description": f"An API key of role `{role}`."} for role in _ROLES},
    PLAYERS: {
        **_BEARER,
        "bearerFormat": "JWT",
        "description": "A signed token of one player. Its `sub`, or another claim by setting, is the player's id.",
    },
}
"""The security schemes of the OpenAPI document."""


class AccessCheck:
    """Access check. It admits callers with the permission. With `players`, it also admits callers with a player token.

    Without a permission, it admits everybody. It refuses an unknown key or token in all cases.
    """

    def __init__(self, permission: Permission | None = None, *, players: bool = False) -> None:
        self._permission = permission
        self._players = players

    async def __call__(self, request: Request) -> Caller:
        """Return the caller. Raises `Unauthenticated` or `Forbidden`."""
        caller = await caller_of(request)
        if self._permission is None:
            return caller
        if self._players and caller.has_token:
            caller.require_resolved()
            return caller
        if caller is ANONYMOUS and header(request.scope, _OTHER_HEADER) is not None:
            raise Unauthenticated(_HINT)
        caller.require(self._permission)
        return caller

    @property
    def schemes(self) -> list[dict[str, list[str]]]:
        """Alternatives of OpenAPI's `security`. `{}` stands for an anonymous caller."""
        if self._permission is None:
            return [{}, *map(_requirement, SCHEMES)]
        requirements = [_requirement(_scheme_of(holder)) for holder in SCOPES_BY_PERMISSION[self._permission]]
        return [*requirements, _requirement(PLAYERS)] if self._players else requirements


class MonitorCheck(AccessCheck):
    """Access check that admits everybody, even while the store cannot verify keys: monitors must see outages."""

    async def __call__(self, request: Request) -> Caller:
        return await _verifiable(request)


class OperatorCheck(AccessCheck):
    """Access check that admits viewers, and programs on this machine without a key."""

    async def __call__(self, request: Request) -> Caller:
        if not is_on_this_machine(request.scope):
            return await super().__call__(request)
        await _verifiable(request)
        return LOOPBACK


Anyone = Annotated[Caller, Depends(AccessCheck())]
"""Any caller. The handler checks the right to read a private board."""
Monitor = Annotated[Caller, Depends(MonitorCheck())]
"""Any caller, also during an outage of the store."""
Submitter = Annotated[Caller, Depends(AccessCheck(Permission.SUBMIT, players=True))]
"""Caller with a key that may submit for all players, or a player. The handler checks player and board."""
ServerSubmitter = Annotated[Caller, Depends(AccessCheck(Permission.SUBMIT))]
"""Caller with a key that may submit for all players."""
AwardReader = Annotated[Caller, Depends(AccessCheck(Permission.READ_AWARDS))]
"""Caller with a key that may submit for all players, or a viewer."""
Registrar = Annotated[Caller, Depends(AccessCheck(Permission.EDIT_PLAYERS))]
"""Caller with a key that may create and change players."""
Setter = Annotated[Caller, Depends(AccessCheck(Permission.SET_SCORES))]
"""Caller with a key that may set scores."""
KeyHolder = Annotated[Caller, Depends(AccessCheck(Permission.READ_BOARDS))]
"""Caller with a key of any scope or role."""
KeyHolderOrPlayer = Annotated[Caller, Depends(AccessCheck(Permission.READ_BOARDS, players=True))]
"""Caller with a key of any scope or role, or a player. The handler checks that a player reads only its own data."""
ViewerOrPlayer = Annotated[Caller, Depends(AccessCheck(Permission.VIEW_CONSOLE, players=True))]
"""Viewer or player. The handler checks that a player reads only its own data."""
Viewer = Annotated[Caller, Depends(AccessCheck(Permission.VIEW_CONSOLE))]
"""Person who may see the console, or caller with an admin key."""
Moderator = Annotated[Caller, Depends(AccessCheck(Permission.MODERATE))]
"""Person who may moderate, or caller with an admin key."""
PlayerEraser = Annotated[Caller, Depends(AccessCheck(Permission.ERASE_PLAYERS))]
BoardManager = Annotated[Caller, Depends(AccessCheck(Permission.MANAGE_BOARDS))]
KeyManager = Annotated[Caller, Depends(AccessCheck(Permission.MANAGE_KEYS))]
Operator = Annotated[Caller, Depends(OperatorCheck(Permission.VIEW_CONSOLE))]
"""Viewer, or program on this machine."""


async def require_allowance(request: Request, rate_limits: RateLimits) -> None:
    """Count the request against its rate limit. Raises `RateLimited`.

    A request above the limit must neither look up nor create the player of its token. Therefore, verify the caller
    without its player.
    """
    try:
        caller: Caller | None = await _verified(request)
    except Unauthenticated:
        caller = None  # an invalid key counts against the address, which throttles guessing
    await rate_limits.admit(request.scope, caller)


async def caller_of(request: Request) -> Caller:
    """Return the caller, resolved once per request. Raises `Unauthenticated` for an unknown key or token."""
    caller: Caller | None = request.scope.get("leaderforge.caller")
    if caller is None:
        caller = await _verified(request)
        if caller.has_token:
            caller = await edge_of(request).callers.sign_in(caller)
        request.scope["leaderforge.caller"] = caller
    return caller


async def _verified(request: Request) -> Caller:
    """Return the caller without a look-up of its player, verified once per request. Raises `Unauthenticated`."""
    caller: Caller | None = request.scope.get("leaderforge.verified")
    if caller is None:
        caller = await edge_of(request).callers.verify(header(request.scope, b"authorization"))
        request.scope["leaderforge.verified"] = caller
    return caller


async def _verifiable(request: Request) -> Caller:
    """Return the caller, `ANONYMOUS` if the store cannot verify its key now. Raises `Unauthenticated`."""
    with suppress(StoreUnavailable):
        return await caller_of(request)
    return ANONYMOUS
