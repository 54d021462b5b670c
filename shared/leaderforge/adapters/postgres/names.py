"""Usernames in PostgreSQL: claims where names are unique, shared names where they are not.

A player has a claim or a shared name, by the setting at the time of its naming. Claims are inserted and deleted in the
order of their keys, which prevents deadlocks.
"""

from collections.abc import Iterable
from functools import partial

from leaderforge.adapters.postgres.pool import Connection, Pool
from leaderforge.adapters.postgres.statements import run_rows, statement
from leaderforge.domain.players import NameCollision, Player, name_key

_NAMES_A_CHUNK = 1000


async def insert_names(connection: Connection, users: Iterable[Player], *, unique: bool) -> set[str]:
    """Insert the names of new players. Return the keys that are taken, none where names are not unique."""
    names = sorted((name_key(user.username), user.user_id) for user in users if user.username is not None)
    inserted = {key for (key,) in await run_rows(connection, "claim_usernames" if unique else "share_usernames", names)}
    return {key for key, _ in names} - inserted


async def replace_name(connection: Connection, user_id: int, old: str | None, new: str | None, *, unique: bool) -> bool:
    """Replace a player's name, and return whether the new one was free. None stands for no name."""
    released, claimed = (None if text is None else name_key(text) for text in (old, new))
    if released == claimed:
        return True
    for key in sorted(key for key in (released, claimed) if key is not None):
        if key == released:
            await connection.execute(statement("release_usernames"), key, user_id)
            await connection.execute(statement("unshare_usernames"), key, user_id)
        elif not unique:
            await connection.execute(statement("share_usernames"), key, user_id)
        elif not await connection.fetch(statement("claim_usernames"), key, user_id):
            return False
    return True


async def claim_shared_names(pool: Pool) -> tuple[int, list[NameCollision]]:
    """Make shared names unique: turn each into a claim if it is free. Return their number, and the collisions.

    The call is safe to retry, and to run beside the service.
    """
    claimed, collisions = 0, []
    after: tuple[str, int] = ("", -(2**63))
    while rows := await pool.fetch(statement("names_shared_after"), *after, _NAMES_A_CHUNK):
        for key, user_id in rows:
            owner = await pool.transact(partial(_claim, key=key, user_id=user_id))
            if owner == user_id:
                claimed += 1
            else:
                collisions.append(NameCollision(key, user_id, owner))
        after = tuple(rows[-1])
    return claimed, collisions


async def _claim(connection: Connection, key: str, user_id: int) -> int:
    """Turn a shared name into a claim if it is free. Return the owner of the claim."""
    await connection.fetch(statement("claim_usernames"), key, user_id)
    [claim] = await connection.fetch(statement("username_claims"), [key])
    owner: int = claim["user_id"]
    if owner == user_id:
        await connection.execute(statement("unshare_usernames"), key, user_id)
    return owner
