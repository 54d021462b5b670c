"""Friends on the wire: lists, blocks, and ranks among friends."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import ConfigDict, Field

from functions.edge.wire.bodies import JsonBody, distance_json, number_json, string_json, truth_json
from functions.edge.wire.entries import EntryOut, segment_member
from functions.edge.wire.fields import CountOut, ExternalIdOut, IntegerOut, IntegerText, RankOut, TimeOut
from functions.edge.wire.models import QueryIn, StrictOut
from functions.edge.wire.moments import MovementQuery, SinceOut, since_member
from functions.edge.wire.periods import PeriodNameOut
from functions.edge.wire.player_lists import PlayerListIn, missing_external_member
from functions.edge.wire.ranks import compared_entries
from functions.edge.wire.rules import FROM_TEXT, Omittable
from functions.edge.wire.scores import DistanceOut
from leaderforge.domain.boards import MAX_INTEGER, Ladder
from leaderforge.domain.friends import FriendChange
from leaderforge.domain.players import Player
from leaderforge.domain.times import time_text
from leaderforge.services.friend_ranking import FriendRanking, FriendView
from leaderforge.services.friends import BlockedPlayer, Friend, FriendPage
from leaderforge.services.movement import RankMovement


class FriendsIn(PlayerListIn):
    """Players to follow, by either kind of id, at most 5000. The player's own id is ignored."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"user_ids": [123, 456]}, {"external_ids": ["76561190012345678"]}]}
    )


class FriendsQuery(QueryIn):
    limit: Annotated[int, Field(ge=1, le=1000, description="The maximum number of friends."), FROM_TEXT] = 100
    after: Omittable[IntegerText] = Field(None, description="A page's `next`: return only players with higher ids.")


class FriendRanksQuery(MovementQuery):
    rank: Annotated[
        int, Field(ge=1, le=MAX_INTEGER, description="The position of the first entry, from 1."), FROM_TEXT
    ] = 1
    limit: Annotated[int, Field(ge=1, le=1000, description="The maximum number of entries."), FROM_TEXT] = 10
    radius: Annotated[
        int, Field(ge=0, le=500, description="The maximum number of neighbours on each side of the player."), FROM_TEXT
    ] = 5

    @property
    def view(self) -> FriendView:
        """Return which entries of the ranking to show, by the parameters of the query."""
        return FriendView(self.rank, self.limit, self.radius)


class _ListedPlayerOut(StrictOut):
    user_id: IntegerOut
    username: str | None = Field(description="The player's name; null if it has none.", examples=["ada"])
    external_id: ExternalIdOut = ""
    since: TimeOut


class FriendOut(_ListedPlayerOut):
    """A followed player."""

    mutual: bool = Field(description="Whether the player follows back.")


class FriendsOut(StrictOut):
    """The players whom a player follows, by id."""

    user_id: IntegerOut
    friends: list[FriendOut]
    total: CountOut = Field(description="The number of players whom the player follows.")
    next: IntegerOut | None = Field(description="Send it as `after` for the players that follow; null at the end.")


class FriendChangeOut(StrictOut):
    """The result of a change of a player's friends."""

    user_id: IntegerOut
    total: CountOut = Field(description="The number of players whom the player follows now.")
    added: CountOut
    removed: CountOut
    missing: list[IntegerOut] = Field(description="The requested ids without a player.")
    missing_external_ids: list[str] = Field(
        [], description="The requested external ids without a player. Absent if none were requested."
    )
    blocked: list[IntegerOut] = Field(
        description="The requested players who have blocked this player, or whom this player has blocked."
    )


class BlockedPlayerOut(_ListedPlayerOut):
    """A blocked player."""


class BlocksOut(StrictOut):
    """The players whom a player has blocked, by id."""

    user_id: IntegerOut
    blocked: list[BlockedPlayerOut]


class BlockOut(StrictOut):
    """The state of a block."""

    user_id: IntegerOut
    blocked_id: IntegerOut
    blocked: bool


class FriendEntryOut(EntryOut):
    """The entry of a player or of a friend."""

    rank_among: RankOut = Field(description="The rank among the player and its friends.")


class FriendRanksOut(StrictOut):
    """The ranks of a player and its friends, among themselves and on the board, from one state of the board."""

    board: str = Field(examples=["default"])
    period: PeriodNameOut
    segment: str = Field("", description="The segment, if one was requested.", examples=["country:FI"])
    user_id: IntegerOut
    entries: list[FriendEntryOut] = Field(description="Entries of the player and its friends, best first.")
    around: list[FriendEntryOut] = Field(
        description="The player's entry and its neighbours among the friends. Empty if the player is not ranked."
    )
    ahead: FriendEntryOut | None = Field(
        description="The nearest friend with a better rank than the player; null if there is none."
    )
    gap: DistanceOut | None = Field(description="The difference between the scores of `ahead` and the player.")
    friends: CountOut = Field(description="The number of friends.")
    ranked: CountOut = Field(description="The number of entries of the player and its friends.")
    total: CountOut = Field(description="The number of ranked players of the board.")
    since: SinceOut | None = Field(None)
    as_of: TimeOut


def render_friends(user_id: int, page: FriendPage) -> JsonBody:
    """Return the body with a page of followed players."""
    friends = ",".join(map(_friend, page.friends))
    following = number_json(page.next)
    return JsonBody(f'{{"user_id":{user_id},"friends":[{friends}],"total":{page.total},"next":{following}}}')


def render_friend_change(
    user_id: int, change: FriendChange, missing_external_ids: Sequence[str] | None = None
) -> JsonBody:
    """Return the body for a change of friends. `missing_external_ids` is None if the request had no external ids."""
    external = missing_external_member(missing_external_ids)
    missing, blocked = (",".join(map(str, ids)) for ids in (change.missing, change.blocked))
    return JsonBody(
        f'{{"user_id":{user_id},"total":{change.total},"added":{change.added},"removed":{change.removed},'
        f'"missing":[{missing}],{external}"blocked":[{blocked}]}}'
    )


def render_blocks(user_id: int, blocked: Sequence[BlockedPlayer]) -> JsonBody:
    """Return the body with the players whom a player has blocked."""
    players = ",".join([f"{{{_player_members(block.player, block.since)}}}" for block in blocked])
    return JsonBody(f'{{"user_id":{user_id},"blocked":[{players}]}}')


def render_block(user_id: int, blocked_id: int, *, is_blocked: bool) -> JsonBody:
    """Return the body that says whether a player blocks another."""
    return JsonBody(f'{{"user_id":{user_id},"blocked_id":{blocked_id},"blocked":{truth_json(is_blocked)}}}')


def render_friend_ranks(
    ladder: Ladder,
    user_id: int,
    ranking: FriendRanking,
    movement: RankMovement | None = None,
    *,
    marks_hidden: bool = False,
) -> JsonBody:
    """Return the body with the ranks of a player and its friends."""
    board, total = ladder.board, ranking.total
    ahead_entries = () if ranking.ahead is None else (ranking.ahead,)
    entries, around, ahead = (
        ",".join(compared_entries(board, friends, total, "rank_among", movement, marks_hidden=marks_hidden))
        for friends in (ranking.entries, ranking.around, ahead_entries)
    )
    return JsonBody(
        f'{{"board":"{board.slug}","period":"{ladder.period_name}",{segment_member(ladder)}"user_id":{user_id},'
        f'"entries":[{entries}],"around":[{around}],"ahead":{ahead or "null"},"gap":{distance_json(ranking.gap)},'
        f'"friends":{ranking.friends},"ranked":{ranking.ranked},"total":{total}{since_member(movement)}}}'
    )


def _friend(friend: Friend) -> str:
    return f'{{{_player_members(friend.player, friend.since)},"mutual":{truth_json(friend.is_mutual)}}}'


def _player_members(player: Player, since: int) -> str:
    external = "" if player.external_id is None else f'"external_id":{string_json(player.external_id)},'
    return (
        f'"user_id":{player.user_id},"username":{string_json(player.username)},{external}"since":"{time_text(since)}"'
    )
