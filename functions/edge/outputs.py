"""The wire shapes of what goes out, for the documentation; `rendering` writes them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from functions.edge.inputs import MAX_METADATA_BYTES
from functions.edge.models import StrictOut
from leaderforge.domain.boards import MAX_INTEGER, Order, Policy, RankStyle
from leaderforge.domain.callers import Scope
from leaderforge.domain.periods import Kind

Integer = Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER)]
Count = Annotated[int, Field(ge=0)]
Rank = Annotated[int, Field(ge=1)]
Percentage = Annotated[float, Field(ge=0, le=100)]
Time = Annotated[datetime, Field(examples=["2026-11-23T12:00:00.000Z"])]
Metadata = Annotated[
    dict[str, Any] | None, Field(description=f"What the player's game sent along, at most {MAX_METADATA_BYTES} bytes.")
]
Period = Annotated[str, Field(examples=["all-time"], description="The period's name.")]


class EntryOut(StrictOut):
    """A player on a board."""

    rank: Rank
    user_id: Integer
    username: str | None = Field(description="Null while it cannot be told.", examples=["ada"])
    score: Integer
    subscore: Integer = Field(0, description="The second score, on boards that have one.")
    submissions: Annotated[int, Field(ge=1)] = Field(description="How many scores the player has submitted.")
    achieved_at: Time = Field(description="When the standing came about.")
    metadata: Metadata
    hidden: bool = Field(False, description="True where nobody but its player sees the entry; only admins are told.")


class _Listing(StrictOut):
    board: str = Field(examples=["default"])
    period: Period
    entries: list[EntryOut]
    total: Count = Field(description="How many players are ranked.")
    as_of: Time


class TopOut(_Listing):
    """The first entries of a board."""


class TopEventOut(TopOut):
    """What a live board's event says: the first entries of a board, and where they came from."""

    source: Literal["index", "cache", "postgres"]


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


class LookupOut(StrictOut):
    """The players looked up, best first."""

    board: str = Field(examples=["default"])
    period: Period
    entries: list[FoundOut]
    missing: list[Integer] = Field(description="Those asked for who are not ranked.")
    total: Count
    as_of: Time


class BucketOut(StrictOut):
    """How many entries have a score from `low` to `high`, both included."""

    low: Integer
    high: Integer
    count: Count


class DistributionOut(StrictOut):
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


class PercentileOut(StrictOut):
    """The last entry that is ahead of at least that share of the others."""

    score: Integer
    percentile: Percentage = Field(description="The share that the entry is ahead of.")
    entry: EntryOut
    total: Count
    as_of: Time


class ReceiptOut(StrictOut):
    """What a submission came to: the player's standing now."""

    user_id: Integer
    score: Integer
    subscore: Integer = Field(0, description="The second score, on boards that have one.")
    rank: Rank | None = Field(description="Null if not asked for, or while the index cannot tell it.")
    submissions: Annotated[int, Field(ge=1)]
    improved: bool = Field(description="Whether this submission improved the standing.")
    duplicate: bool = Field(description="Whether the submission had been recorded before.")
    submission_id: UUID
    achieved_at: Time


class ErrorObject(StrictOut):
    code: str = Field(description="What happened, for programs; docs/api.md lists them.", examples=["user_not_found"])
    message: str = Field(description="What happened, for people.", examples=["there is no player 123"])
    details: dict[str, Any]


class ErrorOut(StrictOut):
    """The one shape of all errors."""

    error: ErrorObject


class BatchOut(StrictOut):
    """A receipt or an error for each submission, in their order."""

    results: list[ReceiptOut | ErrorOut]


class QueuedOut(StrictOut):
    """The submission waits in the queue and is counted a moment later."""

    user_id: Integer
    submission_id: UUID = Field(description="Sent again with the same id, it counts once.")
    queued: Literal[True]


class QueuedBatchOut(StrictOut):
    """The submissions wait in the queue, but for those that are not valid."""

    results: list[QueuedOut | ErrorOut]


class BoardOut(StrictOut):
    """A board's settings."""

    board: str = Field(description="Its name in addresses.", examples=["default"])
    name: str = Field(description="What people call it.", examples=["Default"])
    policy: Policy
    order: Order
    subscore_order: Order | None = Field(description="Null on boards without a second score.")
    rank_style: RankStyle
    min_score: Integer | None
    max_score: Integer | None
    max_change: Count | None
    min_interval_ms: Count | None
    periods: list[Kind] = Field(description="The kinds of periods it has, the `current` one first.")
    time_zone: str = Field(examples=["UTC"])
    season: str | None = Field(description="When seasons begin, as a cron expression.", examples=["0 0 1 */3 *"])
    keep_days: Count | None = Field(description="How many days past periods are kept for; null is for ever.")
    unit: str | None = Field(examples=["points"])
    decimals: Count
    private: bool
    open_to_players: bool
    building: list[Kind] = Field(description="The kinds of periods that are being completed from earlier scores.")


class BoardsOut(StrictOut):
    boards: list[BoardOut]


class UserOut(StrictOut):
    """A player. The email is there for those with the admin key only."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"user_id": 123, "username": "ada", "created_at": "2026-11-23T12:00:00.000Z"}]},
    )

    user_id: Integer
    username: str
    created_at: Time
    email: str | None = Field(None, description="Only with the admin key.")


class UsersOut(StrictOut):
    users: list[UserOut]


class KeyOut(StrictOut):
    """An API key."""

    name: str = Field(examples=["game-server"])
    scopes: list[Scope]
    created_at: Time
    created_by: str = Field(description="Who created it.", examples=["env:admin"])
    rotated_at: Time | None
    replaced_until: Time | None = Field(description="How long the text before the rotation stays valid.")
    revoked_at: Time | None


class KeysOut(StrictOut):
    """All API keys, by name."""

    keys: list[KeyOut]


class IssuedKeyOut(KeyOut):
    """An API key with its text, which cannot be shown again."""

    key: str = Field(description="The key itself.", examples=["lf_00112233445566778899aabbccddeeff0011223344556677"])


class ActOut(StrictOut):
    """An act of somebody who looks after the service."""

    at: Time
    actor: str = Field(
        description="Who did it: `key:<name>`, `env:<scope>`, `player:<id>`, `loopback` or `cli`.", examples=["key:ops"]
    )
    action: str = Field(description="What was done.", examples=["key.create"])
    board: str | None = Field(description="The board that it was done on.")
    user_id: Integer | None = Field(description="The player whom it was done to.")
    reason: str | None = Field(description="Why, in the words of whoever did it.")
    details: dict[str, Any]


class AuditOut(StrictOut):
    """Acts, newest first."""

    entries: list[ActOut]
    next: str | None = Field(description="Cursor of the acts before these; null at the end.")


class IndexHealth(StrictOut):
    partitions: Count
    healthy: Count


class HealthOut(StrictOut):
    """Whether the service and its parts work."""

    status: Literal["ok", "degraded", "unavailable"] = Field(description="`degraded` still serves something.")
    index: IndexHealth
    database: dict[str, bool] = Field(description="Whether each node answers.", examples=[{"postgres": True}])
    version: str
