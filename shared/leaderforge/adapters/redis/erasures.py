"""Erasures in the Redis index. They are fields of each partition's hash `meta`, in the form of removed standings."""

from collections.abc import Collection, Mapping

from leaderforge.adapters.redis.maintenance import RedisIndexMaintenance
from leaderforge.adapters.redis.records import erasure_value, revision_of
from leaderforge.adapters.redis.scripts import script
from leaderforge.domain.chunks import chunks
from leaderforge.domain.order import user_bytes
from leaderforge.ports.index import IndexValue

_PREFIX = b"erasure:"
"""Prefix of the field of an erasure in `meta`. The player id follows."""
_ERASURES_A_CALL = 500
"""Maximum erasures of a call. A script blocks its node, therefore a call must be short."""


class RedisErasureIndex(RedisIndexMaintenance):
    """`ErasureIndex` on Redis Cluster or Valkey."""

    async def erasures(self, user_ids: Collection[int]) -> Mapping[int, IndexValue]:
        groups = self._by_partition(user_ids)
        replies = await self._cluster.commands(
            [("HMGET", self._keys.meta[p], *(_PREFIX + user_bytes(i) for i in ids)) for p, ids in groups.items()]
        )
        return {
            user_id: IndexValue(int.from_bytes(revision_of(value), "big"), removed=True, value=value)
            for ids, values in zip(groups.values(), replies, strict=True)
            for user_id, value in zip(ids, values, strict=True)
            if value is not None
        }

    async def add_erasures(self, revisions: Mapping[int, int]) -> None:
        await self._run("add_erasures", revisions)

    async def forget_erasures(self, revisions: Mapping[int, int]) -> None:
        await self._run("forget_erasures", revisions)

    async def _run(self, name: str, revisions: Mapping[int, int]) -> None:
        for p, ids in self._by_partition(revisions).items():
            for piece in chunks(ids, _ERASURES_A_CALL):
                args = [part for i in piece for part in (user_bytes(i), erasure_value(revisions[i]))]
                await self._cluster.run([self._keys.call(p, script(name), args=args)])
