"""Ranks of single players on the wire: one player, several players that are looked up, a player at a percentile."""

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import repeat
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema

from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.entries import EntryOut, render_entry, segment_member
from functions.edge.wire.fields import (
    CountOut,
    IntegerOut,
    PercentOut,
    RankInOut,
    RankOut,
    TimeOut,
)
from functions.edge.wire.models import StrictOut
from functions.edge.wire.moments import SinceOut, movement_json, since_member
from functions.edge.wire.periods import PeriodNameOut
from functions.edge.wire.player_lists import PlayerListIn, missing_external_member
from functions.edge.wire.scores import ScoreValueOut
from functions.edge.wire.tiers import NextTierMember, tier_json, tier_member, tier_members
from leaderforge.domain.boards import Board, Ladder
from leaderforge.services.entries import Entry, Lookup, PlayerRank
from leaderforge.services.movement import RankMovement

_DECIMAL = re.compile(r"[0-9]{1,3}(\.[0-9]{1,20})?([eE]-[0-9]{1,3})?")


def _percent(value: object) -> Fraction:
    """Return the exact percentage in a parameter's text. The text's maximum length limits the cost."""
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value) or (number := Fraction(value)) > 100:
        raise ValueError("must be a number from 0 to 100")
    return number


PercentIn = Annotated[
    Fraction,
    BeforeValidator(_percent),
    Field(description="The percentage of the other players to be ahead of.", examples=[99.9]),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100}),
]


class LookupIn(PlayerListIn):
    """Players to look up, such as friends, by either kind of id, at most 5000."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"user_ids": [123, 456]}, {"external_ids": ["76561190012345678"]}]}
    )


class PlayerOut(EntryOut):
    """A player's entry and its percentile."""

    rank_in: RankInOut = Field({})
    next_tier: NextTierMember = None
    percentile: PercentOut = Field(description="The percentage of the other players that this one is ahead of.")
    total: CountOut
    since: SinceOut | None = Field(None)
    as_of: TimeOut


class FoundOut(EntryOut):
    """The entry of a player that was looked up."""

    rank_among: RankOut = Field(description="The rank among the players that were looked up.")


class LookupOut(StrictOut):
    """The entries of the players that were looked up, best first."""

    board: str = Field(examples=["default"])
    period: PeriodNameOut
    entries: list[FoundOut]
    segment: str = Field("", description="The segment, if one was requested.", examples=["country:FI"])
    missing: list[IntegerOut] = Field(description="The requested players that are not ranked.")
    missing_external_ids: list[str] = Field(
        [], description="The requested external ids without a ranked player. Absent if none were requested."
    )
    total: CountOut
    since: SinceOut | None = Field(None)
    as_of: TimeOut


class PercentileOut(StrictOut):
    """The last entry that is ahead of at least the given percentage of the other players."""

    score: ScoreValueOut
    percentile: PercentOut = Field(description="The percentage of the other players that the entry is ahead of.")
    entry: EntryOut
    total: CountOut
    as_of: TimeOut


def render_player(
    board: Board, player: PlayerRank, movement: RankMovement | None = None, *, marks_hidden: bool = False
) -> JsonBody:
    """Return the body with a player's entry, its percentile and its next tier."""
    tiers = tier_members(board, player.entry.score, player.entry.rank, player.total)
    moves = f"{movement_json(movement)(player.entry)}{since_member(movement)}"
    extra = f'{tiers},"percentile":{player.percentile!r},"total":{player.total}{moves}'
    return JsonBody(render_entry(player.entry, extra, marks_hidden))


def render_percentile(board: Board, player: PlayerRank) -> JsonBody:
    """Return the body with the entry at a percentile."""
    entry = player.entry
    rendered = render_entry(entry, tier_member(board, entry.score, entry.rank, player.total))
    return JsonBody(
        f'{{"score":{entry.score},"percentile":{player.percentile!r},"entry":{rendered},"total":{player.total}}}'
    )


def render_lookup(
    ladder: Ladder,
    lookup: Lookup,
    missing_external_ids: Sequence[str] | None = None,
    movement: RankMovement | None = None,
    *,
    marks_hidden: bool = False,
) -> JsonBody:
    """Return the body with the entries found. `missing_external_ids` is None if the request had no external ids."""
    board, total = ladder.board, lookup.total
    compared = compared_entries(board, lookup.entries, total, "rank_among", movement, marks_hidden=marks_hidden)
    entries = ",".join(compared)
    missing = ",".join(map(str, lookup.missing))
    external = missing_external_member(missing_external_ids)
    return JsonBody(
        f'{{"board":"{board.slug}","period":"{ladder.period_name}",{segment_member(ladder)}"entries":[{entries}],"missing":[{missing}],{external}'
        f'"total":{total}{since_member(movement)}}}'
    )


def compared_entries(
    board: Board,
    entries: Sequence[tuple[Entry, int]],
    total: int,
    rank_name: str,
    movement: RankMovement | None = None,
    *,
    marks_hidden: bool = False,
) -> list[str]:
    """Return entries as JSON objects. Each entry comes with a second rank, which becomes the JSON member `rank_name`.

    `total` is the number of ranked players of the board.
    """
    of_tier: Iterable[str] = repeat("")
    moves = movement_json(movement)
    if board.tiers:
        tiers = board.tiers_among(total)
        of_tier = [tier_json(tiers, entry.score, entry.rank) for entry, _ in entries]
    return [
        render_entry(entry, f'{tier},"{rank_name}":{rank}{moves(entry)}', marks_hidden)
        for (entry, rank), tier in zip(entries, of_tier, strict=False)
    ]
