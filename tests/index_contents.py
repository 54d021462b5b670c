"""Contents of an index on Redis or Valkey, for the comparison of two states byte by byte."""

from collections.abc import Mapping

from leaderforge.adapters.redis.cluster import Cluster
from leaderforge.adapters.redis.records import is_removed
from leaderforge.ports.index import RankIndex


async def contents(cluster: Cluster, index: RankIndex, *, has_all_names: bool = False) -> Mapping[bytes, object]:
    """Return the members of all sorted sets and hashes with ranks and, if the index has all names, with names, by key.

    Leave out keys whose contents depend on the way to a state: the standings of removed entries, the list of the
    segments that a ladder has or had, and the times of maintenance.
    """
    keys = index._keys  # type: ignore[attr-defined]
    members: dict[bytes, object] = {}
    for p in range(index.partitions):
        names = [name async for part in cluster.scan(keys.slots[p], keys.of_partition(p)) for name in part]
        for name in names:
            if (has_all_names and name == keys.names[p]) or (
                keys.ladder_of(p, name) is not None and not name.endswith(b":segments")
            ):
                members[name] = await _members(cluster, name, is_hash=name.endswith((b":standings", b":names")))
    return {name: value for name, value in members.items() if value}


async def _members(cluster: Cluster, name: bytes, *, is_hash: bool) -> object:
    if not is_hash:
        return (await cluster.commands([("ZRANGE", name, 0, -1)]))[0]
    [fields] = await cluster.commands([("HGETALL", name)])
    is_standings = name.endswith(b":standings")
    return {field: value for field, value in fields.items() if not (is_standings and is_removed(value))}
