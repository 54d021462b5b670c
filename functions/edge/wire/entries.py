"""Entries on the wire, and pages of them: a board's top, a player's neighbours, pages by rank and by score."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from functions.edge.wire.bodies import JsonBody, string_json
from functions.edge.wire.cursors import Direction, encoded
from functions.edge.wire.fields import (
    CountOut,
    CursorText,
    ExternalIdOut,
    IntegerOut,
    PageLimit,
    RankInOut,
    RankOut,
    TimeOut,
)
from functions.edge.wire.metadata import MetadataOut
from functions.edge.wire.models import StrictOut
from functions.edge.wire.moments import (
    MomentQuery,
    MovementOut,
    MovementQuery,
    SinceOut,
    movement_json,
    since_member,
)
from functions.edge.wire.numbers import TiebreakersOut
from functions.edge.wire.periods import LadderQuery, PeriodNameOut
from functions.edge.wire.rules import FROM_TEXT, Omittable
from functions.edge.wire.scores import ScoreValueOut, ScoreValueText, require_score_of
from functions.edge.wire.tiers import TierNameOut, tier_json
from leaderforge.domain.boards import MAX_INTEGER, Board, Ladder
from leaderforge.domain.errors import Refused
from leaderforge.domain.tiebreakers import subscore_json
from leaderforge.domain.times import time_text
from leaderforge.services.entries import Entry, Page
from leaderforge.services.movement import RankMovement


class TopQuery(MovementQuery):
    limit: PageLimit = 10


class StreamQuery(LadderQuery):
    limit: Annotated[int, Field(ge=1, le=100, description="The maximum number of entries."), FROM_TEXT] = 10


class AroundQuery(MovementQuery):
    radius: Omittable[Annotated[int, Field(ge=0, le=500), FROM_TEXT]] = Field(
        None, description="The maximum number of neighbours on each side. Defaults to 5. Not allowed with `window`."
    )
    window: Omittable[Annotated[int, Field(ge=1, le=500), FROM_TEXT]] = Field(
        None, description="The number of entries, fewer only on a smaller board. Not allowed with `radius`."
    )


class PageQuery(MovementQuery):
    rank: Omittable[Annotated[int, Field(ge=1, le=MAX_INTEGER), FROM_TEXT]] = Field(
        None,
        description="The position of the first entry, from 1. On a board with shared ranks, its rank may be smaller. "
        "Defaults to 1. Not allowed with `cursor`.",
    )
    limit: PageLimit = 50
    cursor: Omittable[CursorText] = Field(None, description="A page's `next` or `previous`. Not allowed with `rank`.")


class RangeQuery(MomentQuery):
    min_score: Omittable[ScoreValueText] = Field(None, description="The lowest score. Defaults to no limit.")
    max_score: Omittable[ScoreValueText] = Field(None, description="The highest score. Defaults to no limit.")
    limit: PageLimit = 50
    cursor: Omittable[CursorText] = Field(None, description="A page's `next`.")

    def range_on(self, board: Board) -> tuple[int, int]:
        """Return the lowest and the highest score. Raises `Refused` if they are no range of the board's scores."""
        greatest = board.score_type.greatest
        low = -greatest if self.min_score is None else self.min_score
        high = greatest if self.max_score is None else self.max_score
        require_score_of(board, "min_score", low)
        require_score_of(board, "max_score", high)
        if low > high:
            raise Refused(f"min_score {low} is greater than max_score {high}; swap them")
        return low, high


class EntryOut(MovementOut):
    """A player's entry on a board."""

    rank: RankOut
    user_id: IntegerOut
    username: str | None = Field(
        description="The player's name; null if it has none, or while it is unavailable.", examples=["ada"]
    )
    external_id: ExternalIdOut = ""
    score: ScoreValueOut
    subscore: IntegerOut = Field(0, description="The second score, only on boards that have one.")
    tiebreakers: TiebreakersOut = Field({})
    submissions: Annotated[int, Field(ge=1)] = Field(description="The number of submissions of the player.")
    achieved_at: TimeOut = Field(description="When the score was achieved.")
    metadata: MetadataOut
    tier: TierNameOut = ""
    hidden: bool = Field(
        False, description="True if the entry is visible to its player and to admins only. Shown to admins only."
    )


class _Listing(StrictOut):
    board: str = Field(examples=["default"])
    period: PeriodNameOut
    entries: list[EntryOut]
    segment: str = Field("", description="The segment, if one was requested.", examples=["country:FI"])
    total: CountOut = Field(description="The number of ranked players.")
    as_of: TimeOut


class _MovingListing(_Listing):
    since: SinceOut | None = Field(None)


class TopOut(_MovingListing):
    """The first entries of a board."""


class AroundOut(_MovingListing):
    """A player's entry and its neighbours. `rank_in` belongs to the player."""

    rank_in: RankInOut = Field({})


class PageOut(_MovingListing):
    """Consecutive entries of a board."""

    next: str | None = Field(description="Cursor of the following entries; null at the end.")
    previous: str | None = Field(description="Cursor of the preceding entries; null at the start.")


class RangeOut(_Listing):
    """Consecutive entries of a score range. `total` counts all entries of the range."""

    next: str | None = Field(description="Cursor of the following entries; null at the end.")


def render_entry(entry: Entry, extra: str = "", marks_hidden: bool = False) -> str:
    """Return an entry as a JSON object. `extra` has further JSON members, each with a comma before it.

    All entries are rendered here, therefore this function implements the hidden-player view. `marks_hidden` is for
    admins. Without it, a hidden entry is unmarked: its own player must not learn of the hiding.
    """
    # Unpacking costs less than an access to each field, and a page has many entries.
    (
        rank, user_id, username, score, submissions, achieved_at,
        metadata, subscore, hidden, external_id, ranks_in, tiebreakers,
    ) = entry  # fmt: skip
    second = "" if subscore is None else subscore_json(tiebreakers, subscore)
    external = "" if external_id is None else f'"external_id":{string_json(external_id)},'
    within = "" if ranks_in is None else f'"rank_in":{rank_in_json(ranks_in)},'
    hidden_member = ',"hidden":true' if marks_hidden and hidden else ""
    return (
        f'{{"rank":{rank},{within}"user_id":{user_id},"username":{string_json(username)},{external}'
        f'"score":{score},{second}"submissions":{submissions},'
        f'"achieved_at":"{time_text(achieved_at)}","metadata":{metadata or "null"}{hidden_member}{extra}}}'
    )


def rank_in_json(ranks: Mapping[str, int]) -> str:
    """Return the ranks in segments as a JSON object. Names of attributes need no escapes."""
    members = ",".join([f'"{name}":{rank}' for name, rank in ranks.items()])
    return f"{{{members}}}"


def render_listing(
    ladder: Ladder,
    entries: Sequence[Entry],
    total: int,
    extra: str = "",
    *,
    population: int | None = None,
    movement: RankMovement | None = None,
    marks_hidden: bool = False,
) -> JsonBody:
    """Return the body with entries and their total. `extra` has further JSON members, each with a comma before it.

    `population` is the number of ranked players, None if `total` is this number.
    """
    board, ranked = ladder.board, total if population is None else population
    if board.tiers or movement is not None:
        tiers, moves = board.tiers_among(ranked), movement_json(movement)
        of_tiers = [tier_json(tiers, e.score, e.rank) if board.tiers else "" for e in entries]
        members = zip(entries, of_tiers, strict=True)
        rendered = ",".join([render_entry(e, f"{tier}{moves(e)}", marks_hidden) for e, tier in members])
        extra += since_member(movement)
    else:
        rendered = ",".join([render_entry(entry, "", marks_hidden) for entry in entries])
    # Slugs and names of periods need no escapes in JSON.
    return JsonBody(
        f'{{"board":"{board.slug}","period":"{ladder.period_name}",{segment_member(ladder)}"entries":[{rendered}],'
        f'"total":{total}{extra}}}'
    )


def segment_member(ladder: Ladder) -> str:
    """Return the JSON member for a listing's segment with a comma after it, an empty text without a segment."""
    return "" if ladder.segment is None else f'"segment":{string_json(":".join(ladder.segment))},'


def render_around(
    ladder: Ladder, page: Page, movement: RankMovement | None = None, *, marks_hidden: bool = False
) -> JsonBody:
    """Return the body with a player's entry and its neighbours."""
    within = "" if page.rank_in is None else f',"rank_in":{rank_in_json(page.rank_in)}'
    return render_listing(ladder, page.entries, page.total, within, movement=movement, marks_hidden=marks_hidden)


def render_page(ladder: Ladder, page: Page, movement: RankMovement | None = None) -> JsonBody:
    """Return the body with a page of entries and cursors in both directions."""
    following = string_json(encoded(Direction.NEXT, ladder, page.next))
    previous = string_json(encoded(Direction.PREVIOUS, ladder, page.previous))
    cursors = f',"next":{following},"previous":{previous}'
    return render_listing(ladder, page.entries, page.total, cursors, movement=movement)


def render_range(ladder: Ladder, page: Page) -> JsonBody:
    """Return the body with a page of a score range and the cursor of the next page."""
    following = string_json(encoded(Direction.RANGE, ladder, page.next))
    return render_listing(ladder, page.entries, page.total, f',"next":{following}', population=page.population)
