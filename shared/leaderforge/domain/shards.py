"""What operators are shown of the index's parts."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IndexNode:
    """A node that takes writes. `memory` is in bytes, None where the node does not tell."""

    name: str
    up: bool
    memory: int | None


@dataclass(frozen=True, slots=True)
class Shard:
    """A partition, and the name of the node it is on.

    `watermark` is the time (ms since 1970) up to which it is known to be complete, None if it is not. `entries` counts
    those of the ladders asked for, `players` those whose names it holds. All are None where its node does not answer.
    """

    partition: int
    node: str
    watermark: int | None
    entries: int | None
    players: int | None


@dataclass(frozen=True, slots=True)
class Inspection:
    """How far the verification of all standings, some players at a time, has come.

    Up to `verified_at` (ms since 1970), `checked` standings were compared since it last began with the first player,
    and `differing` of them had to be mended. `reached` is the player it has come to, None once it has been over all.
    """

    verified_at: int
    checked: int
    differing: int
    reached: int | None


@dataclass(frozen=True, slots=True)
class Survey:
    """The nodes of the index, by name, its partitions in order, and its inspection, None where none is known.

    Nodes and partitions are empty where no node can be reached.
    """

    nodes: Sequence[IndexNode]
    shards: Sequence[Shard]
    inspection: Inspection | None = None
