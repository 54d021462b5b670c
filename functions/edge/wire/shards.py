"""The state of the index, the database and the cache on the wire, for operators."""

from collections.abc import Mapping

from pydantic import Field

from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.fields import CountOut, TimeOut
from functions.edge.wire.models import StrictOut
from leaderforge.domain.survey import PartitionState, Survey, VerificationState
from leaderforge.services.top import TopCache


class PartitionOut(StrictOut):
    """A partition of the index. Values that its node does not report are null."""

    partition: CountOut
    node: str = Field(description="The node that stores the partition.", examples=["127.0.0.1:7001"])
    complete: bool = Field(
        description="Whether the partition answers reads. If not, its node is down or it awaits its rebuild."
    )
    lag_ms: CountOut | None = Field(
        description="Milliseconds since the time up to which the partition is complete; null if it is not."
    )
    entries: CountOut | None = Field(description="The number of entries of all boards and periods.")
    players: CountOut | None = Field(description="The number of players whose names the partition stores.")


class IndexNodeOut(StrictOut):
    """A node of the index that accepts writes."""

    node: str = Field(examples=["127.0.0.1:7001"])
    up: bool
    memory_bytes: CountOut | None = Field(description="The memory in use; null if the node does not report it.")


class DatabaseNodeOut(StrictOut):
    """A node of the database."""

    node: str = Field(examples=["postgres"])
    up: bool


class CacheOut(StrictOut):
    """Reads of first entries since the start of this process."""

    hits: CountOut
    misses: CountOut


class VerificationOut(StrictOut):
    """The progress of the verification, which compares index and database and repairs differences."""

    verified_at: TimeOut = Field(description="When the last standings were compared.")
    checked: CountOut = Field(description="The number of standings compared in the current run.")
    differing: CountOut = Field(description="The number of differences found in the current run.")


class ShardsOut(StrictOut):
    """The state of the index, its partitions and nodes, the database and the cache."""

    partitions: list[PartitionOut] = Field(description="The partitions; empty while all nodes of the index are down.")
    nodes: list[IndexNodeOut]
    database: list[DatabaseNodeOut]
    cache: CacheOut
    verification: VerificationOut | None = Field(description="Null until the first verification.")
    as_of: TimeOut


def render_shards(survey: Survey, database: Mapping[str, bool], cache: TopCache, now: int) -> JsonBody:
    """Return the body with the state of all parts at `now` (ms). `database` says which nodes are up."""
    model = ShardsOut(
        partitions=[_partition_out(shard, now) for shard in survey.shards],
        nodes=[IndexNodeOut(node=node.name, up=node.up, memory_bytes=node.memory) for node in survey.nodes],
        database=[DatabaseNodeOut(node=name, up=is_up) for name, is_up in sorted(database.items())],
        cache=CacheOut(hits=cache.hits, misses=cache.misses),
        verification=None if survey.verification is None else _verification_out(survey.verification),
        as_of=now,
    )
    return JsonBody.of(model)


def _verification_out(inspection: VerificationState) -> VerificationOut:
    return VerificationOut(
        verified_at=inspection.verified_at, checked=inspection.checked, differing=inspection.differing
    )


def _partition_out(shard: PartitionState, now: int) -> PartitionOut:
    watermark = shard.watermark
    return PartitionOut(
        partition=shard.partition,
        node=shard.node,
        complete=watermark is not None,
        lag_ms=None if watermark is None else max(0, now - watermark),
        entries=shard.entries,
        players=shard.players,
    )
