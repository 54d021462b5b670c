"""Repair of the claims of stored names: it adds missing claims, and releases stale ones."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

from leaderforge.adapters.postgres.claims import user_of
from leaderforge.adapters.postgres.names import claim
from leaderforge.adapters.postgres.pool import Connection, Pool, Record
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.domain.names import claims_of
from leaderforge.domain.players import ClaimedNames, NameCollision, Player, StaleClaims

_TRANSACTIONS = 4
"""Maximum number of concurrent transactions. The limit leaves connections of the pool for requests."""


async def claim_names(pool: Pool, after: int, limit: int) -> ClaimedNames:
    """Claim the names of up to `limit` players whose ids follow `after`, unless other players claim them.

    The call is safe to retry, and to run while the service is in use.
    """
    players = [user_of(row) for row in await pool.fetch(statement("players_after"), after, limit)]
    claims = {user.user_id: claims_of(user.username) for user in players if user.username is not None}
    unclaimed = await _unclaimed(pool, claims)
    results: list[Sequence[NameCollision] | None] = []
    for start in range(0, len(unclaimed), _TRANSACTIONS):
        piece = [user for user in players if user.user_id in unclaimed[start : start + _TRANSACTIONS]]
        results += await asyncio.gather(*(pool.transact(partial(_claim_name, user=user)) for user in piece))
    return ClaimedNames(players, results.count([]), [collision for result in results for collision in result or ()])


async def release_stale_claims(pool: Pool, after: str, limit: int) -> StaleClaims:
    """Check up to `limit` claims of look-alikes whose keys follow `after`, and release stale claims.

    Processes of version 0.2.0 rename and erase players without releasing these claims, which become stale.
    """
    rows = await pool.fetch(statement("look_alikes_after"), after, limit)
    users = await pool.fetch(statement("users"), joined({row["user_id"] for row in rows}))
    claims = {user["user_id"]: _claims(user) for user in users}
    stale = [(row["username_key"], row["user_id"]) for row in rows]
    stale = [(key, user_id) for key, user_id in stale if key not in claims.get(user_id, ())]
    released = [await pool.transact(partial(_release_stale, key=key, user_id=user_id)) for key, user_id in stale]
    return StaleClaims(rows[-1]["username_key"] if rows else None, sum(released))


async def _release_stale(connection: Connection, key: str, user_id: int) -> bool:
    """Release a player's claim unless the player's present name has this key. Return whether the claim was released."""
    rows = await connection.fetch(statement("lock_profile"), user_id)
    if any(key in _claims(row) for row in rows):
        return False
    await connection.execute(statement("release_usernames"), key, user_id)
    return True


def _claims(user: Record) -> Mapping[str, bool]:
    return {} if user["username"] is None else claims_of(user["username"])


async def _unclaimed(pool: Pool, claims: Mapping[int, Mapping[str, bool]]) -> Sequence[int]:
    """Return the ids of the players who do not own all claims of their names, or whose names are shared."""
    keys = list({key for player_claims in claims.values() for key in player_claims})
    owners = {row["username_key"]: row["user_id"] for row in await pool.fetch(statement("username_claims"), keys)}
    rows = await pool.fetch(statement("names_shared_of"), keys, joined(claims))
    sharing = {row["user_id"] for row in rows}
    return [i for i, keys in claims.items() if i in sharing or any(owners.get(key) != i for key in keys)]


async def _claim_name(connection: Connection, user: Player) -> Sequence[NameCollision] | None:
    """Claim a player's name. Return its collisions, None if the player has been renamed or erased."""
    rows = await connection.fetch(statement("lock_profile"), user.user_id)
    if user.username is None or not rows or rows[0]["username"] != user.username:
        return None
    collisions = []
    for key, is_look_alike in sorted(claims_of(user.username).items()):
        owner = await claim(connection, key, user.user_id, is_look_alike)
        if owner == user.user_id:
            await connection.execute(statement("unshare_usernames"), key, user.user_id)
        elif owner is not None:
            collisions.append(NameCollision(key, user.user_id, owner))
    return collisions
