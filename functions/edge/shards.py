"""What operators are shown of the parts, and the shape of it."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field
from pydantic_core import to_json

from functions.edge.models import StrictOut
from functions.edge.outputs import Count, Time
from functions.edge.rendering import time_text
from leaderforge.domain.shards import Inspection, Shard, Survey
from leaderforge.services.top import TopCache


class PartitionOut(StrictOut):
    """A partition of the index. What its node does not tell is null."""

    partition: Count
    node: str = Field(description="The node that it is on.", examples=["127.0.0.1:7001"])
    complete: bool = Field(description="Whether it answers reads; if not, it awaits its rebuild or its node is down.")
    lag_ms: Count | None = Field(description="How far back it is known to be complete; null if it is not.")
    entries: Count | None = Field(description="Entries of all boards and periods.")
    players: Count | None = Field(description="Players whose names it holds.")


class IndexNodeOut(StrictOut):
    """A node of the index that takes writes."""

    node: str = Field(examples=["127.0.0.1:7001"])
    up: bool
    memory_bytes: Count | None = Field(description="Null where the node does not tell.")


class DatabaseNodeOut(StrictOut):
    """A node of the database."""

    node: str = Field(examples=["postgres"])
    up: bool


class CacheOut(StrictOut):
    """Reads of the first entries since this process began."""

    hits: Count
    misses: Count


class VerificationOut(StrictOut):
    """How far the verification of all standings, some players at a time, has come. What differs is mended."""

    verified_at: Time = Field(description="When the last standings were compared.")
    checked: Count = Field(description="Standings compared since it last began with the first player.")
    differing: Count = Field(description="Those of them that the index did not hold as the database does.")


class ShardsOut(StrictOut):
    """How the partitions of the index, its nodes, the database and the cache are."""

    partitions: list[PartitionOut] = Field(description="Empty while no node of the index can be reached.")
    nodes: list[IndexNodeOut]
    database: list[DatabaseNodeOut]
    cache: CacheOut
    verification: VerificationOut | None = Field(description="Null until maintenance has verified any.")
    as_of: Time


def rendered(survey: Survey, database: Mapping[str, bool], cache: TopCache, now: int) -> str:
    """Return how the parts are at a time in ms since 1970, as an object that is not closed yet."""
    shown = {
        "partitions": [_partition(shard, now) for shard in survey.shards],
        "nodes": [{"node": one.name, "up": one.up, "memory_bytes": one.memory} for one in survey.nodes],
        "database": [{"node": name, "up": up} for name, up in sorted(database.items())],
        "cache": {"hits": cache.hits, "misses": cache.misses},
        "verification": survey.inspection and _verification(survey.inspection),
    }
    return to_json(shown).decode()[:-1]


def _verification(inspection: Inspection) -> dict[str, Any]:
    return {
        "verified_at": time_text(inspection.verified_at),
        "checked": inspection.checked,
        "differing": inspection.differing,
    }


def _partition(shard: Shard, now: int) -> dict[str, Any]:
    mark = shard.watermark
    return {
        "partition": shard.partition,
        "node": shard.node,
        "complete": mark is not None,
        "lag_ms": None if mark is None else max(0, now - mark),
        "entries": shard.entries,
        "players": shard.players,
    }
