"""Players in PostgreSQL.

The claim of a username determines its owner. Claims have their own tables: on Citus, only the distribution column of a
table can be unique. One transaction writes a player and the claims.
"""

from collections.abc import Collection, Mapping, Sequence

from leaderforge.adapters.postgres.acts import Acts
from leaderforge.adapters.postgres.claims import Collision, Taken, change, insert, user_of, without_rivals
from leaderforge.adapters.postgres.errors import Rejected
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.score_store import microseconds
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import LeaderForgeError, Refused
from leaderforge.domain.players import Player, ProfileChange, name_key
from leaderforge.ports.clock import Clock

_BEFORE_ALL = -(2**63)
"""Below every player id."""
_LAST_CHARACTER = chr(0x10FFFF)
_SURROGATES = range(0xD800, 0xE000)
"""Code points that UTF-8 cannot encode, and the database cannot store."""


class PostgresPlayerStore:
    """`PlayerStore` on PostgreSQL. `clock` is the store's, in microseconds."""

    def __init__(self, pool: Pool, *, clock: Clock = microseconds) -> None:
        self._pool = pool
        self._acts = Acts(pool, clock)

    async def create(self, users: Sequence[Player]) -> Sequence[Player | LeaderForgeError]:
        outcomes: dict[int, Player | LeaderForgeError] = {}
        taken = Taken()
        waiting = dict(enumerate(users))
        while waiting:
            # A player that repeats an id, username or email is free to have it if the earlier player is refused.
            outcomes |= await self._create(without_rivals(waiting), taken)
            outcomes |= {
                i: error for i, user in waiting.items() if i not in outcomes and (error := taken.refusal(user))
            }
            waiting = {i: user for i, user in waiting.items() if i not in outcomes}
        return [outcomes[i] for i in range(len(users))]

    async def change(self, user_id: int, changes: ProfileChange, act: AuditEntry) -> Player:
        try:
            return await self._acts.do(
                user_id, lambda connection, _: change(connection, user_id, changes), lambda _: act
            )
        except Rejected as error:
            if not error.for_a_value:
                raise
            raise Refused("the player has a value that cannot be stored") from error

    async def get(self, user_ids: Collection[int]) -> Mapping[int, Player]:
        rows = await self._pool.fetch(statement("users"), joined(user_ids))
        return {row["user_id"]: user_of(row) for row in rows}

    async def following(self, user_id: int | None, limit: int) -> Sequence[int]:
        after = _BEFORE_ALL if user_id is None else user_id
        return [row["user_id"] for row in await self._pool.fetch(statement("users_after"), after, limit)]

    async def by_name(self, usernames: Collection[str]) -> Mapping[str, Player]:
        keys = {name: name_key(name) for name in usernames}
        rows = await self._pool.fetch(statement("username_claims"), list(keys.values()))
        owners = {row["username_key"]: row["user_id"] for row in rows}
        users = await self.get(owners.values())
        owned = {name: users[owners[key]] for name, key in keys.items() if owners.get(key) in users}
        # A player may be renamed between the two statements. The username is then left out, as if it were free.
        return {name: user for name, user in owned.items() if name_key(user.username) == keys[name]}

    async def with_prefix(self, prefix: str, limit: int) -> Sequence[Player]:
        key = name_key(prefix)
        rows = await self._pool.fetch(statement("username_claims_between"), key, _prefix_end(key), limit)
        users = await self.get([row["user_id"] for row in rows])
        owners = [users[row["user_id"]] for row in rows if row["user_id"] in users]
        return [user for user in owners if name_key(user.username).startswith(key)]

    async def _create(self, users: Mapping[int, Player], taken: Taken) -> dict[int, Player | LeaderForgeError]:
        """Create players with distinct ids, usernames and emails. Add the values that are taken to `taken`."""
        if not users:
            return {}
        try:
            await self._pool.transact(lambda connection: insert(connection, users.values()))
        except Collision as collision:
            return await self._create_others(users, collision.taken, taken)
        except Rejected as error:
            if not error.for_a_value:
                raise
            return await self._create_apart(users, taken)
        for user in users.values():
            taken.add(user)
        return dict(users)

    async def _create_others(
        self, users: Mapping[int, Player], collision: Taken, taken: Taken
    ) -> dict[int, Player | LeaderForgeError]:
        """Create the players of a batch that are not part of its collision."""
        taken.update(collision)
        refused = {i: error for i, user in users.items() if (error := collision.refusal(user))}
        return refused | await self._create({i: user for i, user in users.items() if i not in refused}, taken)

    async def _create_apart(self, users: Mapping[int, Player], taken: Taken) -> dict[int, Player | LeaderForgeError]:
        """Create players in halves: one of them has a value that the database cannot store."""
        if len(users) == 1:
            return dict.fromkeys(users, Refused("the player has a value that cannot be stored"))
        items = list(users.items())
        half = len(items) // 2
        return await self._create(dict(items[:half]), taken) | await self._create(dict(items[half:]), taken)


def _prefix_end(prefix: str) -> str:
    """Return the smallest text, by code points, above all texts with the prefix."""
    stem = prefix.rstrip(_LAST_CHARACTER)
    if not stem:
        return _LAST_CHARACTER
    following = ord(stem[-1]) + 1
    return stem[:-1] + chr(_SURROGATES.stop if following in _SURROGATES else following)
