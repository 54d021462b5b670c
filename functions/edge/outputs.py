"""The wire shapes of what goes out, for the documentation; `rendering` writes them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from functions.edge.inputs import MAX_METADATA_BYTES
from leaderforge.domain.boards import MAX_INTEGER, Order, Policy, RankStyle

Integer = Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER)]
Count = Annotated[int, Field(ge=0)]
Rank = Annotated[int, Field(ge=1)]
Percentage = Annotated[float, Field(ge=0, le=100)]
Time = Annotated[datetime, Field(examples=["2026-11-23T12:00:00.000Z"])]
Metadata = Annotated[
    dict[str, Any] | None, Field(description=f"What the player's game sent along, at most {MAX_METADATA_BYTES} bytes.")
]
Period = Literal["all-time"]


class _Out(BaseModel):
    model_config = ConfigDict(extra="forbid")


class EntryOut(_Out):
    """A player on a board."""

    rank: Rank
    user_id: Integer
    username: str | None = Field(description="Null while it cannot be told.", examples=["ada"])
    score: Integer
    submissions: Annotated[int, Field(ge=1)] = Field(description="How many scores the player has submitted.")
    achieved_at: Time = Field(description="When the standing came about.")
    metadata: Metadata


class _Listing(_Out):
    board: str = Field(examples=["default"])
    period: Period
    entries: list[EntryOut]
    total: Count = Field(description="How many players are ranked.")
    as_of: Time


class TopOut(_Listing):
    """The first entries of a board."""


class AroundOut(_Listing):
    """A player and the neighbours."""


class PageOut(_Listing):
    """Consecutive entries of a board."""

    next: str | None = Field(description="Cursor of the entries that follow; null at the end.")
    previous: str | None = Field(description="Cursor of the entries before these; null at the beginning.")


class RangeOut(_Listing):
    """Consecutive entries within a range of scores; `total` counts all in it."""

    next: str | None = Field(description="Cursor of the entries that follow; null at the end.")


class PlayerOut(EntryOut):
    """A player's entry and how it compares."""

    percentile: Percentage = Field(description="The share of the other players that this one is ahead of.")
    total: Count
    as_of: Time


class FoundOut(EntryOut):
    """An entry among those looked up."""

    rank_among: Rank = Field(description="The rank among those asked for.")


class LookupOut(_Out):
    """The players looked up, best first."""

    board: str = Field(examples=["default"])
    period: Period
    entries: list[FoundOut]
    missing: list[Integer] = Field(description="Those asked for who are not ranked.")
    total: Count
    as_of: Time


class BucketOut(_Out):
    """How many entries have a score from `low` to `high`, both included."""

    low: Integer
    high: Integer
    count: Count


class DistributionOut(_Out):
    """How a board's scores are spread; scores are null on an empty board."""

    board: str = Field(examples=["default"])
    period: Period
    buckets: list[BucketOut]
    count: Count
    min: Integer | None
    max: Integer | None
    p50: Integer | None
    p90: Integer | None
    p99: Integer | None
    as_of: Time


class PercentileOut(_Out):
    """The last entry that is ahead of at least that share of the others."""

    score: Integer
    percentile: Percentage = Field(description="The share that the entry is ahead of.")
    entry: EntryOut
    total: Count
    as_of: Time


class ReceiptOut(_Out):
    """What a submission came to: the player's standing now."""

    user_id: Integer
    score: Integer
    rank: Rank | None = Field(description="Null if not asked for, or while the index cannot tell it.")
    submissions: Annotated[int, Field(ge=1)]
    improved: bool = Field(description="Whether this submission improved the standing.")
    duplicate: bool = Field(description="Whether the submission had been recorded before.")
    submission_id: UUID
    achieved_at: Time


class ErrorObject(_Out):
    code: str = Field(description="What happened, for programs; docs/api.md lists them.", examples=["user_not_found"])
    message: str = Field(description="What happened, for people.", examples=["there is no player 123"])
    details: dict[str, Any]


class ErrorOut(_Out):
    """The one shape of all errors."""

    error: ErrorObject


class BatchOut(_Out):
    """A receipt or an error for each submission, in their order."""

    results: list[ReceiptOut | ErrorOut]


class BoardOut(_Out):
    """A board's settings."""

    board: str = Field(examples=["default"])
    name: str = Field(examples=["Default"])
    policy: Policy
    order: Order
    rank_style: RankStyle


class BoardsOut(_Out):
    boards: list[BoardOut]


class UserOut(_Out):
    """A player. The email is there for those with the admin key only."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"user_id": 123, "username": "ada", "created_at": "2026-11-23T12:00:00.000Z"}]},
    )

    user_id: Integer
    username: str
    created_at: Time
    email: str | None = Field(None, description="Only with the admin key.")


class UsersOut(_Out):
    users: list[UserOut]


class IndexHealth(_Out):
    partitions: Count
    healthy: Count


class HealthOut(_Out):
    """Whether the service and its parts work."""

    status: Literal["ok", "degraded", "unavailable"] = Field(description="`degraded` still serves something.")
    index: IndexHealth
    database: dict[str, bool] = Field(description="Whether each node answers.", examples=[{"postgres": True}])
    version: str
