"""Players: create, find, change, export and erase them."""

from typing import Annotated

from fastapi import Query

from functions.edge import rendering
from functions.edge.access.security import Admin, Anyone, Owner, Registrar
from functions.edge.aws.handler import LambdaHandler
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.responses import KEEP_NOTHING, Answer, Header, read, written
from functions.edge.http.streaming import Stream
from functions.edge.inputs import PrefixQuery, UserId, UserIn
from functions.edge.outputs import UserOut, UsersOut
from functions.edge.player_inputs import ErasureQuery, PlayerChangesIn
from functions.edge.player_outputs import ErasureOut, ExportOut, erasure, export
from leaderforge.domain.errors import (
    EmailTaken,
    StoreUnavailable,
    UserExists,
    UsernameTaken,
    UserNotFound,
)
from leaderforge.services.entries import Source

routes = router("players")
handler = LambdaHandler(routes)

_LOCATION = {"Location": {"description": "Where the player is.", "schema": {"type": "string"}, "required": True}}
_CREATED = 201
_EXPORT_HEADERS: tuple[Header, ...] = (
    (b"content-type", b"application/json"),
    KEEP_NOTHING,
    (b"x-leaderforge-source", Source.STORE.value.encode()),
)


@routes.post(
    "/api/users",
    **documentation.write(
        UserOut, UserExists, UsernameTaken, EmailTaken, StoreUnavailable, status=_CREATED, headers=_LOCATION
    ),
)
async def create_user(edge: TheEdge, caller: Registrar, player: UserIn) -> Answer:
    """Create a player. Names and emails are unique without regard to case."""
    user = await edge.services.users.create(player.username, player.email, player.user_id)
    location = (b"location", b"/api/users/%d" % user.user_id)
    return written(rendering.user(user, email=caller.is_admin), Source.STORE, _CREATED, [location])


@routes.get("/api/users", **documentation.read(UsersOut, StoreUnavailable))
async def find_users(edge: TheEdge, caller: Anyone, query: Annotated[PrefixQuery, Query()]) -> Answer:
    """Return players whose names begin so, in order of name."""
    found = await edge.services.users.search(query.prefix, query.limit)
    listed = ",".join(rendering.user(user, email=caller.is_admin) for user in found)
    return read(f'{{"users":[{listed}]', None, Source.STORE)


@routes.get(
    "/api/users/{user_id}",
    **documentation.read(UserOut, UserNotFound, StoreUnavailable),
)
async def user(edge: TheEdge, caller: Anyone, user_id: UserId) -> Answer:
    """Return a player."""
    found = await edge.services.users.get(user_id)
    return read(rendering.user(found, email=caller.is_admin)[:-1], None, Source.STORE)


@routes.patch(
    "/api/users/{user_id}",
    **documentation.write(UserOut, UserNotFound, UsernameTaken, EmailTaken, StoreUnavailable),
)
async def change_user(edge: TheEdge, caller: Registrar, user_id: UserId, changes: PlayerChangesIn) -> Answer:
    """Rename a player, or change the email. Every page shows the new name within a second; the old one is free."""
    changed = await edge.services.users.change(user_id, changes.given(), caller.actor)
    return written(rendering.user(changed, email=caller.is_admin), Source.STORE)


@routes.get(
    "/api/users/{user_id}/export",
    **documentation.change(ExportOut, UserNotFound, StoreUnavailable),
)
async def export_user(edge: TheEdge, caller: Owner, user_id: UserId) -> Stream:
    """Return everything about a player: for admins, and for the player itself but for what moderators did."""
    caller.require_own(user_id)
    records = edge.services.records
    record = await records.read(user_id)
    return Stream(export(record, records.events(user_id), for_admin=caller.is_admin), _EXPORT_HEADERS)


@routes.delete(
    "/api/users/{user_id}",
    **documentation.change(ErasureOut, UserNotFound, StoreUnavailable),
)
async def erase_user(edge: TheEdge, caller: Admin, user_id: UserId, query: Annotated[ErasureQuery, Query()]) -> Answer:
    """Erase a player and everything about it, for ever: profile, scores, ranks, and its traces in the audit log."""
    done = await edge.services.records.erase(user_id, caller.actor, query.reference)
    return written(erasure(done), Source.STORE)
