"""Players: create, find, change, export and erase them."""

from typing import Annotated

from fastapi import Query

from functions import friends
from functions.edge.access.security import Anyone, PlayerEraser, Registrar, ViewerOrPlayer
from functions.edge.alternatives import require_at_most_one, require_one
from functions.edge.aws.handler import LambdaHandler
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.errors import render_item_error
from functions.edge.http.responses import NO_STORE, Answer, Header, answer_read, answer_stored, answer_written
from functions.edge.http.streaming import Stream
from functions.edge.wire.batches import Malformed
from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.fields import Identity, UserId
from functions.edge.wire.player_records import ExportOut, render_export
from functions.edge.wire.players import (
    ErasureOut,
    ErasureQuery,
    NewPlayersIn,
    NewPlayersOut,
    PlayerChangesIn,
    PlayersQuery,
    ProfileIn,
    UserIn,
    UserLookupIn,
    UserOut,
    UsersOut,
    render_erasure,
    render_user,
    render_users,
)
from functions.edge.wire.standings import StandingsOut, StandingsQuery, render_standings
from leaderforge.domain.errors import (
    BoardNotFound,
    EmailTaken,
    ExternalIdTaken,
    IndexUnavailable,
    LeaderForgeError,
    Overloaded,
    PlayerExists,
    PlayerNotFound,
    Refused,
    StoreUnavailable,
    UsernameTaken,
)
from leaderforge.domain.players import ExternalId, Player
from leaderforge.domain.sources import Source

routes = router("players")
handler = LambdaHandler(routes, friends.routes)

_LOCATION = {"Location": {"description": "The path of the player.", "schema": {"type": "string"}, "required": True}}
_CREATED = 201
_TAKEN = (UsernameTaken, EmailTaken, ExternalIdTaken)
_PLAYER = {"user_id": 123, "username": "ada", "created_at": "2026-11-23T12:00:00.000Z"}
_NAME_TAKEN = {
    "error": {
        "code": "username_taken",
        "message": "the name 'ada' is taken by player 456",
        "details": {"username": "ada", "user_id": 456},
    }
}
_EXPORT_HEADERS: tuple[Header, ...] = (
    (b"content-type", b"application/json"),
    NO_STORE,
    (b"x-leaderforge-source", Source.STORE.value.encode()),
)


@routes.post(
    "/api/users",
    **documentation.write(UserOut, PlayerExists, *_TAKEN, StoreUnavailable, status=_CREATED, headers=_LOCATION),
)
async def create_user(edge: TheEdge, caller: Registrar, player: UserIn) -> Answer:
    """Create a player. Names and email addresses are unique, ignoring case. Submit keys and moderators only.

    If a name or external id is taken, the error's details have the `user_id` of its player.
    """
    return _created(await edge.services.players.users.create(player.new_player()), with_email=caller.views_console)


@routes.post(
    "/api/users/batch",
    **documentation.write(NewPlayersOut, StoreUnavailable, example={"results": [_PLAYER, _NAME_TAKEN]}),
)
async def create_users(edge: TheEdge, caller: Registrar, players: NewPlayersIn) -> Answer:
    """Create up to 1000 players. Each gets its own result: the player or an error. Submit keys and moderators only."""
    valid = [player.new_player() for player in players.users if isinstance(player, UserIn)]
    outcomes = iter(await edge.services.players.users.create_many(valid) if valid else [])
    results = [next(outcomes) if isinstance(player, UserIn) else player for player in players.users]
    rendered = ",".join([_result(result, with_email=caller.views_console) for result in results])
    return answer_written(JsonBody(f'{{"results":[{rendered}]}}'))


@routes.get("/api/users", **documentation.read(UsersOut, StoreUnavailable))
async def find_users(edge: TheEdge, caller: Anyone, query: Annotated[PlayersQuery, Query()]) -> Answer:
    """Return the players whose names start with a prefix, contain a text, or are equal to a name.

    Players with a prefix are ordered by name. With `search`, names that start with the text come first.
    """
    require_one(prefix=query.prefix, username=query.username, search=query.search)
    users = edge.services.players.users
    if query.prefix is not None:
        players = await users.with_prefix(query.prefix, query.limit)
    elif query.search is not None:
        matches = await users.search(query.search, query.limit)
        return answer_stored(render_users(matches.players, with_email=caller.views_console, inside=matches.inside))
    else:
        players = await users.with_name(query.username or "")
    return answer_stored(render_users(players, with_email=caller.views_console))


@routes.post("/api/users/lookup", operation_id="lookUpUsers", **documentation.read_by_body(UsersOut, StoreUnavailable))
async def look_up_users(edge: TheEdge, caller: Anyone, players: UserLookupIn) -> Answer:
    """Return up to 500 players, such as the players of a page, ordered by id. Ids without a player are left out."""
    by_external_id = await edge.services.players.ids.find_many(players.external_ids) if players.external_ids else {}
    users = await edge.services.players.users.find_many({*players.user_ids, *by_external_id.values()})
    return answer_stored(render_users([user for _, user in sorted(users.items())], with_email=caller.views_console))


@routes.get(
    "/api/users/{user_id}",
    operation_id="getUser",
    **documentation.read(UserOut, PlayerNotFound, StoreUnavailable),
)
async def user(edge: TheEdge, caller: Anyone, user_id: UserId) -> Answer:
    """Return a player."""
    player = await edge.services.players.users.get(user_id)
    return answer_stored(render_user(player, with_email=caller.views_console))


@routes.patch(
    "/api/users/{user_id}",
    **documentation.write(UserOut, PlayerNotFound, *_TAKEN, StoreUnavailable),
)
async def change_user(edge: TheEdge, caller: Registrar, user_id: UserId, changes: PlayerChangesIn) -> Answer:
    """Change a player's name, email address, external id or attributes. Submit keys and moderators only.

    All boards show the new name within 1 s. Another player may take the old name at once, and an old external id after
    70 s. `attributes` replace all present ones. A player whose attribute changes moves to its new segment of each
    board at once, in all periods that are not over.
    """
    player = await edge.services.players.users.change(user_id, changes.changes(), caller.actor)
    return answer_written(render_user(player, with_email=caller.views_console))


@routes.put(
    "/api/users/{user_id}",
    **documentation.put(UserOut, PlayerExists, *_TAKEN, StoreUnavailable, headers=_LOCATION),
)
async def set_user(edge: TheEdge, caller: Registrar, user_id: Identity, profile: ProfileIn) -> Answer:
    """Create a player, or change it if it exists. Submit keys and moderators only.

    A retry changes nothing, therefore games may send this call at every sign-in. Absent members of an existing player
    stay unchanged.
    """
    changes = profile.changes()
    if isinstance(user_id, ExternalId) and changes.get("external_id", user_id) != user_id:
        raise Refused("external_id differs from the path; change it by PATCH", external_id=user_id)
    player, is_created = await edge.services.players.users.put(user_id, changes, caller.actor)
    if is_created:
        return _created(player, with_email=caller.views_console)
    return answer_written(render_user(player, with_email=caller.views_console))


@routes.get(
    "/api/users/{user_id}/export",
    **documentation.change(ExportOut, PlayerNotFound, StoreUnavailable),
)
async def export_user(edge: TheEdge, caller: ViewerOrPlayer, user_id: UserId) -> Stream:
    """Return all data of a player, to viewers or to the player. Only viewers receive the actions of moderators."""
    caller.require_own(user_id)
    records = edge.services.players.records
    record = await records.read(user_id)
    acts = records.acts(user_id) if caller.views_console else None
    return Stream(render_export(record, acts, records.events(user_id)), _EXPORT_HEADERS)


@routes.get(
    "/api/users/{user_id}/standings",
    operation_id="getStandings",
    **documentation.read(StandingsOut, PlayerNotFound, BoardNotFound, IndexUnavailable, StoreUnavailable, Overloaded),
)
async def standings(
    edge: TheEdge, caller: Anyone, user_id: UserId, query: Annotated[StandingsQuery, Query()]
) -> Answer:
    """Return a player's standings in the current periods of all boards, or of one.

    Without `board`, boards that the caller may not read are left out. A `board` that the caller may not read is
    refused.
    """
    require_at_most_one(board=query.board, after=query.after)
    reads = edge.services.players.standings
    if query.board is not None:
        board = await edge.readable_board(query.board, caller)
        result = await reads.on_board(board, user_id, periods=query.periods, viewer=caller)
    else:
        result = await reads.page(user_id, query.limit, query.after or "", periods=query.periods, viewer=caller)
    return answer_read(render_standings(user_id, result, marks_hidden=caller.views_console), result)


@routes.delete(
    "/api/users/{user_id}",
    **documentation.change(ErasureOut, PlayerNotFound, StoreUnavailable),
)
async def erase_user(
    edge: TheEdge, caller: PlayerEraser, user_id: UserId, query: Annotated[ErasureQuery, Query()]
) -> Answer:
    """Erase a player with its profile, scores and ranks, and anonymise its audit entries. Owners only.

    This cannot be undone.
    """
    erasure = await edge.services.players.records.erase(user_id, caller.actor, query.reference)
    return answer_written(render_erasure(erasure))


def _created(user: Player, *, with_email: bool) -> Answer:
    location = (b"location", b"/api/users/%d" % user.user_id)
    return answer_written(render_user(user, with_email=with_email), status=_CREATED, headers=[location])


def _result(result: Player | LeaderForgeError | Malformed, *, with_email: bool) -> str:
    if isinstance(result, Player):
        return render_user(result, with_email=with_email).closed().decode()
    return render_item_error(result.error if isinstance(result, Malformed) else result)
