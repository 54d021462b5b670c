"""Hashing of players to partitions, and of partitions to cluster slots."""

from binascii import crc_hqx
from collections.abc import Collection, Iterable, Sequence
from functools import cache, lru_cache
from itertools import count
from typing import TypeVar

T = TypeVar("T")

SLOTS = 16384
"""Number of hash slots of a Redis or Valkey cluster."""

MAX_PARTITIONS = 1024

_MASK = 2**64 - 1


def mix64(number: int) -> int:
    """Return a well-mixed 64-bit hash of an integer modulo 2^64.

    This is one step of SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). Programs
    in other languages can reproduce the hash exactly. Test vectors are in docs/architecture.md.
    """
    z = (number + 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


@lru_cache(8192)  # cached, because a read of ranks needs each player's partition twice
def partition_of(user_id: int, partitions: int) -> int:
    """Return the player's partition, 0 to `partitions` - 1, which is the same on all machines and in all versions."""
    # Multiply and shift, which gives the partitions equal ranges of hashes. Unlike a mask, this works for any number of
    # partitions.
    return (mix64(user_id) * partitions) >> 64


def partitions_of(user_ids: Iterable[int], partitions: int) -> list[int]:
    """Return the partition of each player, as `partition_of` does, but faster for many players."""
    # Repeat the steps of `mix64`, because a call for each player would take more time than the steps.
    mixed = [(i + 0x9E3779B97F4A7C15) & _MASK for i in user_ids]
    mixed = [((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK for z in mixed]
    mixed = [((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK for z in mixed]
    return [((z ^ (z >> 31)) * partitions) >> 64 for z in mixed]


def in_partitions(items: Iterable[T], user_ids: Iterable[int], chosen: Collection[int], partitions: int) -> Sequence[T]:
    """Return the items whose players are in the chosen partitions. `user_ids` has the player of each item."""
    if len(chosen) == partitions:
        return list(items)
    return [item for item, p in zip(items, partitions_of(user_ids, partitions), strict=True) if p in chosen]


def slot_of(tag: str) -> int:
    """Return the cluster slot of keys with this hash tag: CRC16/XMODEM, as in the cluster specification."""
    return crc_hqx(tag.encode(), 0) % SLOTS


@cache
def hash_tags(partitions: int) -> tuple[str, ...]:
    """Return a hash tag for each partition. The slots of the tags are in the middles of equal shares of all slots.

    If the slots are split evenly over nodes, the partitions are therefore spread evenly too. Raises `ValueError` unless
    `partitions` is 1 to 1024.
    """
    if not 1 <= partitions <= MAX_PARTITIONS:
        raise ValueError(f"partitions must be 1 to {MAX_PARTITIONS}, not {partitions}")
    targets = [(2 * i + 1) * SLOTS // (2 * partitions) for i in range(partitions)]
    missing = set(targets)
    tag_of_slot: dict[int, str] = {}
    # Hash one number after the other until each target slot has a tag, because no formula leads from a slot to a tag.
    for number in count():
        tag = str(number)
        slot = slot_of(tag)
        if slot in missing:
            tag_of_slot[slot] = tag
            missing.remove(slot)
            if not missing:
                break
    return tuple(tag_of_slot[slot] for slot in targets)
