"""State of the index's nodes and partitions, for operators."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IndexNode:
    """Node that accepts writes. `memory` is in bytes, None if the node does not report it."""

    name: str
    up: bool
    memory: int | None


@dataclass(frozen=True, slots=True)
class PartitionState:
    """Partition, and the name of its node.

    `watermark` (ms) is the time up to which the partition has all changes, None if the partition is incomplete.
    `entries` is the number of the partition's entries on the requested ladders. `players` is the number of players
    whose usernames the partition has. All three are None if the node does not answer.
    """

    partition: int
    node: str
    watermark: int | None
    entries: int | None
    players: int | None


@dataclass(frozen=True, slots=True)
class VerificationState:
    """Progress of the verification of all standings, which compares a batch of players at a time.

    Up to `verified_at` (ms), `checked` standings of the current pass were compared. Of these, `differing` were
    repaired. `reached` is the last compared player id, None after a complete pass.
    """

    verified_at: int
    checked: int
    differing: int
    reached: int | None


@dataclass(frozen=True, slots=True)
class Survey:
    """Nodes of the index by name, partitions in order, and the verification state. An unknown state is None.

    Nodes and partitions are empty if no node can be reached.
    """

    nodes: Sequence[IndexNode]
    shards: Sequence[PartitionState]
    verification: VerificationState | None = None
