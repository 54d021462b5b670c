"""Usernames in PostgreSQL. Unique names are stored as claims, other names as shared names.

The setting for unique names decides between claim and shared name when a name is stored. Claims are inserted and
deleted in the order of their keys, which prevents deadlocks.
"""

from collections.abc import Iterable, Mapping, Set

from leaderforge.adapters.postgres.pool import Connection
from leaderforge.adapters.postgres.statements import run_rows, statement
from leaderforge.domain.names import claims_of, folded, name_key
from leaderforge.domain.players import Player


async def insert_names(connection: Connection, users: Iterable[Player], *, unique: bool) -> set[str]:
    """Insert the names of new players. With `unique`, return the name keys that other players own already."""
    names = [(user.username, user.user_id) for user in users if user.username is not None]
    if not unique:
        await run_rows(connection, "share_usernames", sorted((name_key(name), user_id) for name, user_id in names))
        return set()
    claims = sorted((key, user_id, is_look) for name, user_id in names for key, is_look in claims_of(name).items())
    rows = [(key, user_id, is_look or None) for key, user_id, is_look in claims]
    claimed = {key for (key,) in await run_rows(connection, "claim_usernames", rows)}
    return {key for key, _, _ in claims} - claimed


async def replace_name(connection: Connection, user_id: int, old: str | None, new: str | None, *, unique: bool) -> bool:
    """Replace a player's name, and return whether the new name was free. None means no name."""
    claims = {} if new is None else claims_of(new)
    released = set() if old is None else keys_of(old)
    if released == claims.keys() and (old is None or claims == claims_of(old)):
        return True
    if not unique:
        await _release(connection, user_id, released)
        for key in [] if new is None else [name_key(new)]:
            await connection.execute(statement("share_usernames"), key, user_id)
        return True
    return await _swap_claims(connection, user_id, released, claims)


def keys_of(name: str) -> set[str]:
    """Return the keys under which a name may be stored, including the key that versions up to 0.2.0 used."""
    return {*claims_of(name), folded(name)}


async def claim(connection: Connection, key: str, user_id: int, is_look_alike: bool) -> int | None:
    """Claim a free key for a player. Return the key's owner, None if another owner has just released the key."""
    if await connection.fetch(statement("claim_usernames"), key, user_id, is_look_alike or None):
        return user_id
    owners = {row["user_id"] for row in await connection.fetch(statement("username_claims"), [key])}
    if user_id in owners:
        await connection.execute(statement("mark_username_claim"), key, user_id, is_look_alike or None)
    return next(iter(owners), None)


async def _swap_claims(connection: Connection, user_id: int, released: Set[str], claims: Mapping[str, bool]) -> bool:
    """Release and claim keys of a player's names. Return whether all claimed keys were free."""
    for key in sorted({*released, *claims}):
        if key not in claims:
            await _release(connection, user_id, [key])
        elif await claim(connection, key, user_id, claims[key]) != user_id:
            return False
        else:
            await connection.execute(statement("unshare_usernames"), key, user_id)
    return True


async def _release(connection: Connection, user_id: int, keys: Iterable[str]) -> None:
    for key in sorted(keys):
        await connection.execute(statement("release_usernames"), key, user_id)
        await connection.execute(statement("unshare_usernames"), key, user_id)
