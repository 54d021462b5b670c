"""Foreign board in a sorted set of Redis or Valkey: its members with their scores.

Other keys may have more data of the members. The library `leaderboard` of agoragames stores such data in the hash
KEY:member_data or, with its option `global_member_data`, in the hash member_data for all boards. Podium stores the
expiry times of the members (s since 1970) in the sorted set KEY:ttl.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias

from redis.asyncio import Redis, RedisCluster
from redis.exceptions import RedisError, ResponseError

from leaderforge.domain.errors import Refused
from leaderforge.imports.foreign.boards import ForeignFacts, ForeignRow, Rows, without_password
from leaderforge.imports.foreign.metadata import metadata_members

_SCANNED = 5000
"""Members per `ZSCAN`. More would block the server for longer than a few ms."""
_LOOKED_UP = 1000
"""Members whose names and data are read in one round trip."""
_TIMEOUT_S = 30

_Client: TypeAlias = "Redis | RedisCluster"
_Ranked: TypeAlias = Sequence[tuple[bytes, float]]


@asynccontextmanager
async def opened_redis_board(
    address: str, key: str, order: str, names: str | None, now: int
) -> "AsyncIterator[RedisBoard]":
    """Yield the board in the sorted set `key` at an address such as `redis://host:6379/0`.

    `names` is the key of the usernames or a pattern: see `RedisBoard`. Members of Podium that expired before `now` (ms)
    are excluded. Raises `Refused`.
    """
    public_address = without_password(address)
    client = await _opened_client(address, public_address)
    try:
        yield RedisBoard(client, public_address, key, order, names, now)
    except RedisError as error:
        raise Refused(f"{public_address} cannot be read: {error}") from None
    finally:
        await client.aclose()


async def _opened_client(address: str, public_address: str) -> "_Client":
    """Return a connected client. `public_address` is the address without its password. Raises `Refused`."""
    try:
        return await _connected(address)
    except ValueError:
        # Do not pass on the message of redis-py, which may contain the address with its password.
        raise Refused(
            f"{public_address} cannot be read: write redis://user:password@host:port, and special characters of the "
            "password as %XX"
        ) from None
    except (RedisError, OSError) as error:
        raise Refused(f"{public_address} cannot be read: {error}") from None


async def _connected(address: str) -> "_Client":
    client = Redis.from_url(address, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S)
    is_cluster = False
    # A server may refuse INFO. Then assume that the server is not a part of a cluster.
    with suppress(ResponseError):
        is_cluster = bool((await client.info("cluster")).get("cluster_enabled"))
    if not is_cluster:
        return client
    await client.aclose()
    return RedisCluster.from_url(address, socket_timeout=_TIMEOUT_S, socket_connect_timeout=_TIMEOUT_S)


class RedisBoard:
    """Sorted set whose members are the players' ids.

    `names` is a hash of the usernames by member. If `names` has an asterisk, it is a pattern of keys as in `SORT ...
    GET`: `name:*` for a key with the name, `user:*->username` for a field of a hash.
    """

    def __init__(self, client: "_Client", address: str, key: str, order: str, names: str | None, now: int) -> None:
        self._client: Any = client
        self._address = address
        self._key = key
        self._order = order
        self._names = names
        self._now_s = now / 1000

    async def facts(self) -> ForeignFacts:
        await self._require_types()
        direction = "reverse lexicographic" if self._order == "desc" else "lexicographic"
        return ForeignFacts(
            title=f"sorted set {self._key} at {self._address}",
            tie_rule=f"equal scores are in the {direction} order of the members",
            settings={"policy": "best", "order": self._order, "periods": "all-time"},
            count=await self._client.zcard(self._key),
            remarks=["a sorted set does not say how scores combine: choose policy=best, latest or sum"],
        )

    async def _require_types(self) -> None:
        """Raise `Refused` unless the key is a sorted set, and the key of usernames, if any, is a hash."""
        kind = await self._type(self._key)
        if kind == "none":
            raise Refused(f"there is no key {self._key!r} at {self._address}")
        if kind != "zset":
            raise Refused(f"the key {self._key!r} at {self._address} is a {kind}, not a sorted set")
        if self._names is not None and "*" not in self._names and await self._type(self._names) != "hash":
            raise Refused(f"the key {self._names!r} at {self._address} is not a hash of usernames: change --names")

    async def scores(self) -> Rows:
        # Sort here, because pages by rank would skip members whose ranks change between two pages. Like Redis, order
        # members with equal scores by their bytes.
        members = await self._members(self._key)
        ranked = sorted(members.items(), key=lambda pair: (pair[1], pair[0]), reverse=self._order == "desc")
        members.clear()
        data_key = await self._data_key()
        ends = await self._members(f"{self._key}:ttl") if await self._type(f"{self._key}:ttl") == "zset" else {}
        for piece in _pieces(ranked):
            ids = [member for member, _ in piece]
            names = await self._usernames(ids)
            data = await self._client.hmget(data_key, ids) if data_key else [None] * len(piece)
            for (member, score), name, values in zip(piece, names, data, strict=True):
                text = _text(member)
                yield ForeignRow(
                    id=f"redis/{self._key}/{text}",
                    player_id=text,
                    score=_number(score),
                    player=None if name is None else _text(name),
                    metadata=metadata_members(None if values is None else _text(values), "member_data"),
                    excluded="expired in Podium" if ends.get(member, self._now_s) < self._now_s else None,
                )

    def ranking(self) -> None:
        return None

    async def _data_key(self) -> str | None:
        """Return the key of the members' data, None without data."""
        for key in (f"{self._key}:member_data", "member_data"):
            if await self._type(key) == "hash":
                return key
        return None

    async def _type(self, key: str) -> str:
        kind: bytes = await self._client.type(key)
        return kind.decode()

    async def _members(self, key: str) -> dict[bytes, float]:
        """Return the members of a sorted set. `ZSCAN` returns every member that stays in the set during the scan."""
        members: dict[bytes, float] = {}
        cursor = 0
        while True:
            cursor, pairs = await self._client.zscan(key, cursor, count=_SCANNED)
            members.update(pairs)
            if not cursor:
                return members

    async def _usernames(self, members: Sequence[bytes]) -> Sequence[bytes | None]:
        names = self._names
        if names is None:
            return [None] * len(members)
        if "*" not in names:
            usernames: Sequence[bytes | None] = await self._client.hmget(names, members)
            return usernames
        return await self._usernames_by_pattern(names, members)

    async def _usernames_by_pattern(self, names: str, members: Sequence[bytes]) -> Sequence[bytes | None]:
        """Return the usernames in keys of their own, by a pattern such as `user:*` or `user:*->name`."""
        pattern, _, field = names.partition("->")
        pipeline = self._client.pipeline(transaction=False)
        for member in members:
            key = pattern.encode().replace(b"*", member, 1)
            pipeline.hget(key, field) if field else pipeline.get(key)
        read: Sequence[bytes | None] = await pipeline.execute()
        return read


def _pieces(ranked: _Ranked) -> "Iterator[_Ranked]":
    return (ranked[start : start + _LOOKED_UP] for start in range(0, len(ranked), _LOOKED_UP))


def _number(score: float) -> str:
    return str(int(score)) if score.is_integer() else repr(score)


def _text(value: bytes) -> str:
    # Decode bytes that are not UTF-8 to lone surrogates. The import then reports the member's line as a bad line.
    return value.decode(errors="surrogateescape")
