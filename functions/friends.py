"""Friends of players: lists, and blocks."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query

from functions.edge.access.security import KeyHolderOrPlayer, Submitter
from functions.edge.context import Edge
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.responses import Answer, answer_stored, answer_written
from functions.edge.wire.fields import OtherUserId, UserId
from functions.edge.wire.friends import (
    BlockOut,
    BlocksOut,
    FriendChangeOut,
    FriendsIn,
    FriendsOut,
    FriendsQuery,
    render_block,
    render_blocks,
    render_friend_change,
    render_friends,
)
from leaderforge.domain.errors import Overloaded, PlayerNotFound, Refused, StoreUnavailable
from leaderforge.domain.friend_errors import TooManyFriends

routes = router("friends")

_CHANGE = (PlayerNotFound, TooManyFriends, StoreUnavailable, Overloaded)


@routes.get(
    "/api/users/{user_id}/friends",
    operation_id="listFriends",
    **documentation.read(FriendsOut, PlayerNotFound, StoreUnavailable),
)
async def friends(
    edge: TheEdge, caller: KeyHolderOrPlayer, user_id: UserId, query: Annotated[FriendsQuery, Query()]
) -> Answer:
    """Return the players whom a player follows, by id. Requires a key or the player's token."""
    caller.require_friends_of(user_id)
    return answer_stored(
        render_friends(user_id, await edge.services.players.friends.page(user_id, query.limit, query.after))
    )


@routes.put("/api/users/{user_id}/friends", operation_id="setFriends", **documentation.write(FriendChangeOut, *_CHANGE))
async def replace(edge: TheEdge, caller: Submitter, user_id: UserId, players: FriendsIn) -> Answer:
    """Let a player follow exactly these players, at most 5000. Requires a submit key or the player's token.

    Ids without a player, and players with a block between them and the player, are left out and reported.
    """
    caller.require_acting_for(user_id)
    requested, missing = await _requested(edge, players)
    return answer_written(
        render_friend_change(user_id, await edge.services.players.friends.replace(user_id, requested), missing)
    )


@routes.post(
    "/api/users/{user_id}/friends", operation_id="addFriends", **documentation.write(FriendChangeOut, *_CHANGE)
)
async def add(edge: TheEdge, caller: Submitter, user_id: UserId, players: FriendsIn) -> Answer:
    """Let a player follow these players too, at most 5000 altogether. Requires a submit key or the player's token.

    Adding a friend again changes nothing. Ids without a player, and players with a block between them and the player,
    are left out and reported.
    """
    caller.require_acting_for(user_id)
    requested, missing = await _requested(edge, players)
    return answer_written(
        render_friend_change(user_id, await edge.services.players.friends.add(user_id, requested), missing)
    )


@routes.delete(
    "/api/users/{user_id}/friends/{friend_id}",
    operation_id="removeFriend",
    **documentation.change(FriendChangeOut, PlayerNotFound, StoreUnavailable),
)
async def remove(edge: TheEdge, caller: Submitter, user_id: UserId, friend_id: OtherUserId) -> Answer:
    """Let a player no longer follow another. Requires a submit key or the player's token.

    Removing a player who is not followed changes nothing.
    """
    caller.require_acting_for(user_id)
    return answer_written(render_friend_change(user_id, await edge.services.players.friends.remove(user_id, friend_id)))


@routes.get(
    "/api/users/{user_id}/blocks",
    operation_id="listBlocks",
    **documentation.read(BlocksOut, PlayerNotFound, StoreUnavailable),
)
async def blocks(edge: TheEdge, caller: KeyHolderOrPlayer, user_id: UserId) -> Answer:
    """Return the players whom a player has blocked, by id. Requires a key or the player's token."""
    caller.require_friends_of(user_id)
    return answer_stored(render_blocks(user_id, await edge.services.players.friends.blocked(user_id)))


@routes.put(
    "/api/users/{user_id}/blocks/{blocked_id}",
    operation_id="blockPlayer",
    **documentation.change(BlockOut, *_CHANGE),
)
async def block(edge: TheEdge, caller: Submitter, user_id: UserId, blocked_id: OtherUserId) -> Answer:
    """Let a player block another. Requires a submit key or the player's token.

    Both no longer follow each other, and cannot until the block ends. Blocking again changes nothing.
    """
    caller.require_acting_for(user_id)
    if blocked_id == user_id:
        raise Refused("players cannot block themselves", user_id=user_id)
    await edge.services.players.friends.block(user_id, blocked_id)
    return answer_written(render_block(user_id, blocked_id, is_blocked=True))


@routes.delete(
    "/api/users/{user_id}/blocks/{blocked_id}",
    operation_id="unblockPlayer",
    **documentation.change(BlockOut, PlayerNotFound, StoreUnavailable),
)
async def unblock(edge: TheEdge, caller: Submitter, user_id: UserId, blocked_id: OtherUserId) -> Answer:
    """Let a player no longer block another. Requires a submit key or the player's token."""
    caller.require_acting_for(user_id)
    await edge.services.players.friends.unblock(user_id, blocked_id)
    return answer_written(render_block(user_id, blocked_id, is_blocked=False))


async def _requested(edge: Edge, players: FriendsIn) -> tuple[Sequence[int], Sequence[str] | None]:
    """Return the player ids, and the external ids without a player: None if the request had no external ids."""
    if not players.external_ids:
        return players.user_ids, None
    by_external_id = await edge.services.players.ids.find_many(players.external_ids)
    missing = [i for i in dict.fromkeys(players.external_ids) if i not in by_external_id]
    return [*players.user_ids, *by_external_id.values()], missing
