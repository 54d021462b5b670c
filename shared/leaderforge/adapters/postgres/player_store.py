"""Players in PostgreSQL.

The claim of a username determines its owner. Claims have their own tables, because on Citus only the distribution
column of a table can be unique. One transaction writes a player and the claims.
"""

from collections.abc import Collection, Mapping, Sequence, Set

from leaderforge.adapters.postgres.acts import Acts
from leaderforge.adapters.postgres.claims import Collision, Taken, change, insert, user_of, without_rivals
from leaderforge.adapters.postgres.errors import Rejected
from leaderforge.adapters.postgres.name_search import NameSearch
from leaderforge.adapters.postgres.names import keys_of
from leaderforge.adapters.postgres.pool import Connection, Pool
from leaderforge.adapters.postgres.score_store import microseconds
from leaderforge.adapters.postgres.segments import move_segments
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import LeaderForgeError, Refused
from leaderforge.domain.names import MIN_WITHIN, claims_of, folded, name_key, prefix_key
from leaderforge.domain.players import BEFORE_ALL, Player, ProfileChange
from leaderforge.ports.clock import Clock
from leaderforge.ports.players import ProfileChanged

_LAST_CHARACTER = chr(0x10FFFF)
_CANDIDATES = 300
"""Maximum number of names that one search inside names reads, which bounds its cost."""
_SURROGATES = range(0xD800, 0xE000)
"""Code points that UTF-8 cannot encode, and the database cannot store."""


class PostgresPlayerStore:
    """`PlayerStore` on PostgreSQL. `clock` is the clock of the score store, in microseconds."""

    def __init__(self, pool: Pool, *, clock: Clock = microseconds, unique_names: bool = True) -> None:
        self._pool = pool
        self._unique_names = unique_names
        self._name_search = NameSearch(pool)
        self._clock = clock
        self._acts = Acts(pool, clock)

    async def create(self, users: Sequence[Player], *, on_sight: bool = False) -> Sequence[Player | LeaderForgeError]:
        outcomes: dict[int, Player | LeaderForgeError] = {}
        taken = Taken(unique_names=self._unique_names)
        waiting = dict(enumerate(users))
        while waiting:
            # If a player shares a unique value with an earlier player of the batch, create the earlier player first.
            outcomes |= await self._create(without_rivals(waiting, unique_names=self._unique_names), taken, on_sight)
            outcomes |= {
                i: error for i, user in waiting.items() if i not in outcomes and (error := taken.refusal(user))
            }
            waiting = {i: user for i, user in waiting.items() if i not in outcomes}
        return [outcomes[i] for i in range(len(users))]

    async def change(self, user_id: int, changes: ProfileChange, act: AuditEntry) -> ProfileChanged:
        async def work(connection: Connection, now: int) -> ProfileChanged:
            player = await change(connection, user_id, changes, now // 1000, unique_names=self._unique_names)
            moved = await move_segments(connection, user_id, now) if "attributes" in changes else []
            return ProfileChanged(player, moved)

        try:
            return await self._acts.do(user_id, work, lambda _: act)
        except Rejected as error:
            if not error.for_a_value:
                raise
            raise Refused("the player has a value that cannot be stored") from error

    async def get(self, user_ids: Collection[int]) -> Mapping[int, Player]:
        rows = await self._pool.fetch(statement("users"), joined(user_ids))
        return {row["user_id"]: user_of(row) for row in rows}

    async def by_external_id(self, external_ids: Collection[str]) -> Mapping[str, int]:
        rows = await self._pool.fetch(statement("external_id_claims"), list(external_ids))
        return {row["external_id"]: row["user_id"] for row in rows}

    async def released(self, now: int) -> Set[str]:
        return {row["id_digest"] for row in await self._pool.fetch(statement("unclaimable_ids"), now)}

    async def forget_released(self, before: int) -> None:
        await self._pool.fetch(statement("forget_released_ids"), before)

    async def following(self, user_id: int | None, limit: int) -> Sequence[int]:
        after = BEFORE_ALL if user_id is None else user_id
        return [row["user_id"] for row in await self._pool.fetch(statement("users_after"), after, limit)]

    async def by_name(self, usernames: Collection[str]) -> Mapping[str, Player]:
        by_key = await self._by_key(usernames)
        return {name: by_key[key] for name in usernames if (key := name_key(name)) in by_key}

    async def ids_by_name(self, usernames: Collection[str]) -> Mapping[str, int]:
        # Look up claims only of unique names whose key equals their folded spelling. Shared names have no claims, and
        # versions up to 0.2.0 claimed names by the folded spelling instead of the key.
        keys = {name: key for name in usernames if self._unique_names and (key := name_key(name)) == folded(name)}
        rows = await self._pool.fetch(statement("username_owners"), list(keys.values())) if keys else []
        owners = {row["username_key"]: row["user_id"] for row in rows}
        ids = {name: owners[key] for name, key in keys.items() if key in owners}
        unclaimed = [name for name in usernames if name not in keys]
        if unclaimed:
            ids |= {name: player.user_id for name, player in (await self.by_name(unclaimed)).items()}
        return ids

    async def claimants(self, usernames: Collection[str]) -> Mapping[str, int]:
        claims = {name: claims_of(name) for name in usernames}
        keys = [key for name_claims in claims.values() for key in name_claims]
        rows = await self._pool.fetch(statement("username_claims"), keys)
        owners = {row["username_key"]: row["user_id"] for row in rows}
        claimed = {name: [owners[key] for key in keys if key in owners] for name, keys in claims.items()}
        return {name: owned[-1] for name, owned in claimed.items() if owned}

    async def with_name(self, username: str) -> Sequence[Player]:
        key = name_key(username)
        rows = await self._pool.fetch(self._names_statement, list(keys_of(username)))
        users = await self.get([row["user_id"] for row in rows])
        return [user for _, user in sorted(users.items()) if _key_of(user) == key]

    async def with_prefix(self, prefix: str, limit: int) -> Sequence[Player]:
        key = prefix_key(prefix)
        name = "username_claims_between" if self._unique_names else "names_shared_between"
        rows = await self._pool.fetch(statement(name), key, _prefix_end(key), limit)
        users = await self.get([row["user_id"] for row in rows])
        owners = [users[row["user_id"]] for row in rows if row["user_id"] in users]
        return [user for user in owners if (_key_of(user) or "").startswith(key)]

    async def containing(self, text: str, limit: int) -> Sequence[Player] | None:
        key = name_key(text)
        if len(key) < MIN_WITHIN or not await self._name_search.is_enabled():
            return None
        name = "usernames_within" if self._unique_names else "names_shared_within"
        rows = await self._pool.fetch(statement(name), f"%{_escaped_pattern(key)}%", _CANDIDATES)
        matches = sorted((row["username_key"].index(key), row["username_key"], row["user_id"]) for row in rows)
        users = await self.get([user_id for _, _, user_id in matches[:limit]])
        owners = [users[user_id] for _, _, user_id in matches if user_id in users]
        return [user for user in owners if key in (_key_of(user) or "")]

    async def _by_key(self, usernames: Collection[str]) -> Mapping[str, Player]:
        """Return the players with these usernames, by name key.

        If players share a name, return the player with the lowest id.
        """
        keys = {key for name in usernames for key in keys_of(name)}
        rows = await self._pool.fetch(self._names_statement, list(keys))
        users = await self.get({row["user_id"] for row in rows})
        # Use the key of the present name, because a player may have been renamed between the two statements.
        return {key: user for _, user in sorted(users.items(), reverse=True) if (key := _key_of(user)) is not None}

    @property
    def _names_statement(self) -> str:
        return statement("username_claims" if self._unique_names else "names_shared")

    async def _create(
        self, users: Mapping[int, Player], taken: Taken, on_sight: bool
    ) -> dict[int, Player | LeaderForgeError]:
        """Create players who share no unique value. Add each value that now has an owner to `taken`."""
        if not users:
            return {}
        try:
            await self._pool.transact(
                lambda connection: insert(
                    connection,
                    users.values(),
                    self._clock() // 1000,
                    on_sight=on_sight,
                    unique_names=self._unique_names,
                )
            )
        except Collision as collision:
            return await self._create_others(users, collision.taken, taken, on_sight)
        except Rejected as error:
            if not error.for_a_value:
                raise
            return await self._create_apart(users, taken, on_sight)
        for user in users.values():
            taken.add(user)
        return dict(users)

    async def _create_others(
        self, users: Mapping[int, Player], collision: Taken, taken: Taken, on_sight: bool
    ) -> dict[int, Player | LeaderForgeError]:
        """Create the players after a collision. A player with a value in `collision` gets an error instead."""
        taken.update(collision)
        refused = {i: error for i, user in users.items() if (error := collision.refusal(user))}
        remaining = {i: user for i, user in users.items() if i not in refused}
        return refused | await self._create(remaining, taken, on_sight)

    async def _create_apart(
        self, users: Mapping[int, Player], taken: Taken, on_sight: bool
    ) -> dict[int, Player | LeaderForgeError]:
        """Create the two halves of the players separately, which isolates a value that the database cannot store."""
        if len(users) == 1:
            return dict.fromkeys(users, Refused("the player has a value that cannot be stored"))
        items = list(users.items())
        half = len(items) // 2
        first = await self._create(dict(items[:half]), taken, on_sight)
        return first | await self._create(dict(items[half:]), taken, on_sight)


def _key_of(user: Player) -> str | None:
    return None if user.username is None else name_key(user.username)


def _escaped_pattern(text: str) -> str:
    """Return the pattern of SQL's `like` that matches the text literally."""
    return "".join(f"\\{character}" if character in "\\%_" else character for character in text)


def _prefix_end(prefix: str) -> str:
    """Return the smallest text, by code points, above all texts with the prefix."""
    stem = prefix.rstrip(_LAST_CHARACTER)
    if not stem:
        return _LAST_CHARACTER
    following = ord(stem[-1]) + 1
    return stem[:-1] + chr(_SURROGATES.stop if following in _SURROGATES else following)
