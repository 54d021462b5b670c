"""The wire shapes of boards that come in. The domain has the last word on what the settings may be."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, StrictBool, StrictInt, StrictStr

from functions.edge.inputs import BoardName, Integer
from functions.edge.models import StrictIn
from leaderforge.domain.board_settings import (
    MAX_DECIMALS,
    MAX_INTERVAL_MS,
    MAX_KEEP_DAYS,
    MAX_NAME_LENGTH,
    MAX_UNIT_LENGTH,
)
from leaderforge.domain.boards import MAX_INTEGER, Order, Policy, RankStyle
from leaderforge.domain.errors import SettingFixed
from leaderforge.domain.periods import Kind

Title = Annotated[StrictStr, Field(min_length=1, max_length=MAX_NAME_LENGTH)]
Unit = Annotated[StrictStr, Field(min_length=1, max_length=MAX_UNIT_LENGTH)]
Kinds = Annotated[list[Kind], Field(min_length=1, max_length=len(Kind))]


class _SettingsIn(StrictIn):
    """The settings of a board; those that are not sent are not given."""

    name: Title = Field(default_factory=str, description="What people call it; the name in addresses if absent.")
    policy: Policy = Field(Policy.SUM, description="What a player's scores amount to. For ever.")
    order: Order = Field(Order.DESC, description="Which scores lead. For ever.")
    subscore_order: Order | None = Field(
        None, description="Which second scores lead among equal scores; null is a board without. For ever."
    )
    rank_style: RankStyle = Field(RankStyle.ORDINAL, description="Whether equal scores share a rank.")
    min_score: Integer | None = Field(None, description="The lowest score that is accepted.")
    max_score: Integer | None = Field(None, description="The highest score that is accepted.")
    max_change: Annotated[StrictInt, Field(ge=0, le=MAX_INTEGER)] | None = Field(
        None, description="The most that one submission may change a player's score by, either way."
    )
    min_interval_ms: Annotated[StrictInt, Field(ge=0, le=MAX_INTERVAL_MS)] | None = Field(
        None, description="How many milliseconds must lie between two submissions of a player."
    )
    periods: Kinds = Field(
        [Kind.ALL_TIME], description="The kinds of periods that a score counts in, the `current` one first."
    )
    time_zone: Annotated[StrictStr, Field(min_length=1, max_length=64)] = Field(
        "UTC", description="Where days, weeks, months and seasons begin. For ever."
    )
    season: Annotated[StrictStr, Field(min_length=9, max_length=100)] | None = Field(
        None,
        description="When seasons begin, as a cron expression of five fields. For ever once given.",
        examples=["0 0 1 */3 *"],
    )
    keep_days: Annotated[StrictInt, Field(ge=1, le=MAX_KEEP_DAYS)] | None = Field(
        None, description="How many days past periods are kept for; null is for ever."
    )
    unit: Unit | None = Field(None, description="What the scores count, for those who show them.", examples=["ms"])
    decimals: Annotated[StrictInt, Field(ge=0, le=MAX_DECIMALS)] = Field(
        0, description="How many of a score's digits are decimals, for those who show it."
    )
    private: StrictBool = Field(False, description="Whether only those with a key read it.")
    open_to_players: StrictBool = Field(False, description="Whether players submit with tokens of their own.")

    def given(self) -> dict[str, Any]:
        """Return the settings that were sent."""
        sent = self.model_dump(exclude={"board"}, exclude_unset=True)
        return sent | {"periods": tuple(sent["periods"])} if "periods" in sent else sent


class BoardIn(_SettingsIn):
    """A board to create."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"board": "laps", "policy": "best", "order": "asc", "periods": ["all-time", "weekly"], "unit": "ms"}
            ]
        }
    )

    board: BoardName = Field(description="Its name in addresses, for ever.")


def _without_defaults(schema: dict[str, Any]) -> None:
    """What is not sent stays as it is, whatever a new board would have."""
    for described in schema["properties"].values():
        described.pop("default", None)
    schema["examples"] = [{"max_score": 600000, "periods": ["all-time", "weekly"]}]


class BoardChangesIn(_SettingsIn):
    """Settings to change. What is for ever may be sent as it is."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    board: BoardName = Field(default_factory=str, description="The name in addresses, as it is.")

    def require_same(self, board: str) -> None:
        """Raise `SettingFixed` unless the name is the board's, or not sent."""
        if self.board and self.board != board:
            raise SettingFixed("board", f"board: the name {board!r} is for ever; create another board")
