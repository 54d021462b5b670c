"""Players: create, find, change, export and erase them."""

from typing import Annotated

from fastapi import Query

from functions.edge.access.security import Admin, Anyone, Owner, Registrar
from functions.edge.aws.handler import LambdaHandler
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.responses import NO_STORE, Answer, Header, answer_stored, answer_written
from functions.edge.http.streaming import Stream
from functions.edge.wire.fields import UserId
from functions.edge.wire.player_records import ExportOut, render_export
from functions.edge.wire.players import (
    ErasureOut,
    ErasureQuery,
    PlayerChangesIn,
    PrefixQuery,
    UserIn,
    UserOut,
    UsersOut,
    render_erasure,
    render_user,
    render_users,
)
from leaderforge.domain.errors import (
    EmailTaken,
    PlayerExists,
    PlayerNotFound,
    StoreUnavailable,
    UsernameTaken,
)
from leaderforge.domain.sources import Source

routes = router("players")
handler = LambdaHandler(routes)

_LOCATION = {"Location": {"description": "The path of the player.", "schema": {"type": "string"}, "required": True}}
_CREATED = 201
_EXPORT_HEADERS: tuple[Header, ...] = (
    (b"content-type", b"application/json"),
    NO_STORE,
    (b"x-leaderforge-source", Source.STORE.value.encode()),
)


@routes.post(
    "/api/users",
    **documentation.write(
        UserOut, PlayerExists, UsernameTaken, EmailTaken, StoreUnavailable, status=_CREATED, headers=_LOCATION
    ),
)
async def create_user(edge: TheEdge, caller: Registrar, player: UserIn) -> Answer:
    """Create a player. Names and email addresses are unique, ignoring case. Requires a submit key."""
    user = await edge.services.users.create(player.username, player.email, player.user_id)
    location = (b"location", b"/api/users/%d" % user.user_id)
    return answer_written(render_user(user, with_email=caller.is_admin), status=_CREATED, headers=[location])


@routes.get("/api/users", **documentation.read(UsersOut, StoreUnavailable))
async def find_users(edge: TheEdge, caller: Anyone, query: Annotated[PrefixQuery, Query()]) -> Answer:
    """Return the players whose names start with a prefix, ordered by name."""
    users = await edge.services.users.search(query.prefix, query.limit)
    return answer_stored(render_users(users, with_email=caller.is_admin))


@routes.get(
    "/api/users/{user_id}",
    operation_id="getUser",
    **documentation.read(UserOut, PlayerNotFound, StoreUnavailable),
)
async def user(edge: TheEdge, caller: Anyone, user_id: UserId) -> Answer:
    """Return a player."""
    player = await edge.services.users.get(user_id)
    return answer_stored(render_user(player, with_email=caller.is_admin))


@routes.patch(
    "/api/users/{user_id}",
    **documentation.write(UserOut, PlayerNotFound, UsernameTaken, EmailTaken, StoreUnavailable),
)
async def change_user(edge: TheEdge, caller: Registrar, user_id: UserId, changes: PlayerChangesIn) -> Answer:
    """Change a player's name or email address. Requires a submit key.

    All boards show the new name within 1 s. Another player may take the old one.
    """
    player = await edge.services.users.change(user_id, changes.changes(), caller.actor)
    return answer_written(render_user(player, with_email=caller.is_admin))


@routes.get(
    "/api/users/{user_id}/export",
    **documentation.change(ExportOut, PlayerNotFound, StoreUnavailable),
)
async def export_user(edge: TheEdge, caller: Owner, user_id: UserId) -> Stream:
    """Return all data of a player. For admins, and for the player itself without the actions of moderators."""
    caller.require_own(user_id)
    records = edge.services.records
    record = await records.read(user_id)
    return Stream(render_export(record, records.events(user_id), for_admin=caller.is_admin), _EXPORT_HEADERS)


@routes.delete(
    "/api/users/{user_id}",
    **documentation.change(ErasureOut, PlayerNotFound, StoreUnavailable),
)
async def erase_user(edge: TheEdge, caller: Admin, user_id: UserId, query: Annotated[ErasureQuery, Query()]) -> Answer:
    """Erase a player with its profile, scores and ranks, and anonymise its audit entries. Admins only.

    This cannot be undone.
    """
    erasure = await edge.services.records.erase(user_id, caller.actor, query.reference)
    return answer_written(render_erasure(erasure))
