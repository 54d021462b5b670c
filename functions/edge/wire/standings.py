"""A player's standings on many boards on the wire."""

from collections.abc import Collection
from typing import Annotated

from pydantic import Field

from functions.edge.wire.bodies import JsonBody, string_json
from functions.edge.wire.entries import EntryOut, render_entry
from functions.edge.wire.fields import BoardName, CountOut, ExternalIdOut, IntegerOut, PercentOut, TimeOut
from functions.edge.wire.models import QueryIn, StrictOut
from functions.edge.wire.periods import PeriodNameOut
from functions.edge.wire.rules import FROM_TEXT, Omittable, Rule
from functions.edge.wire.tiers import NextTierMember, tier_members
from leaderforge.services.standings import LadderRank, PlayerStandings

_KIND = "(current|all-time|daily|weekly|monthly|season)"

PeriodKindsIn = Annotated[
    str,
    Field(pattern=rf"^{_KIND}(,{_KIND}){{0,9}}$", examples=["daily,weekly"]),
    Rule("must be current or period kinds such as daily,weekly with commas between them"),
]


class StandingsQuery(QueryIn):
    board: Omittable[BoardName] = Field(None, description="Return the standings on this board only.")
    period: Omittable[PeriodKindsIn] = Field(
        None,
        description="Period kinds such as `daily,weekly`, or `current` for the main period of each board. Defaults to "
        "all kinds.",
    )
    limit: Annotated[int, Field(ge=1, le=100, description="The maximum number of boards."), FROM_TEXT] = 50
    after: Omittable[BoardName] = Field(
        None,
        description="The `next` of the previous answer, to return the boards that follow. Not allowed with `board`.",
    )

    @property
    def periods(self) -> Collection[str] | None:
        """Requested periods, None for all."""
        return None if self.period is None else frozenset(self.period.split(","))


class CurrentStandingOut(EntryOut):
    """A player's entry on a board in a current period, and its percentile."""

    board: str = Field(examples=["default"])
    period: PeriodNameOut
    next_tier: NextTierMember = None
    percentile: PercentOut = Field(description="The percentage of the other players that this one is ahead of.")
    total: CountOut


class BuildingOut(StrictOut):
    """A period that is being computed from earlier scores."""

    board: str = Field(examples=["default"])
    period: PeriodNameOut


class StandingsOut(StrictOut):
    """A player's standings by board, in the current periods."""

    user_id: IntegerOut
    external_id: ExternalIdOut = ""
    standings: list[CurrentStandingOut]
    building: list[BuildingOut] = Field(
        [], description="Periods that are left out while they are computed from earlier scores. Absent if none is."
    )
    next: str | None = Field(description="Send it as `after` for the boards that follow; null at the end.")
    as_of: TimeOut


def render_standings(user_id: int, result: PlayerStandings, *, marks_hidden: bool = False) -> JsonBody:
    """Return the body with a player's standings."""
    entries = ",".join([_standing(entry, marks_hidden) for entry in result.entries])
    places = ",".join([f'{{"board":"{lad.board.slug}","period":"{lad.period_name}"}}' for lad in result.building])
    building = f'"building":[{places}],' if places else ""
    external = "" if result.external_id is None else f'"external_id":{string_json(result.external_id)},'
    return JsonBody(
        f'{{"user_id":{user_id},{external}"standings":[{entries}],{building}"next":{string_json(result.next)}}}',
    )


def _standing(standing: LadderRank, marks_hidden: bool) -> str:
    ladder, rank = standing.ladder, standing.rank
    # Slugs and names of periods need no escapes in JSON.
    tiers = tier_members(ladder.board, rank.entry.score, rank.entry.rank, rank.total)
    extra = f'{tiers},"percentile":{rank.percentile!r},"total":{rank.total}'
    entry = render_entry(rank.entry, extra, marks_hidden)
    return f'{{"board":"{ladder.board.slug}","period":"{ladder.period_name}",{entry[1:]}'
