"""Creating and changing players. Each id, username and email has one owner, also within a batch.

Claims are inserted and deleted in the order of their keys, usernames before emails. This order prevents deadlocks.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from leaderforge.adapters.postgres.pool import Connection, Record
from leaderforge.adapters.postgres.statements import run_rows, statement
from leaderforge.domain.errors import EmailTaken, LeaderForgeError, PlayerExists, PlayerNotFound, UsernameTaken
from leaderforge.domain.players import Player, ProfileChange, name_key


@dataclass(slots=True)
class Taken:
    """Ids, username keys and email keys that have an owner."""

    user_ids: set[int] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)

    def refusal(self, user: Player) -> LeaderForgeError | None:
        """Return the error if the id, username or email of the player is taken, None otherwise."""
        if user.user_id in self.user_ids:
            return PlayerExists(f"there is a player {user.user_id} already", user_id=user.user_id)
        if name_key(user.username) in self.names:
            return username_taken(user)
        if user.email is not None and name_key(user.email) in self.emails:
            return email_taken()
        return None

    def add(self, user: Player) -> None:
        """Add the id, username and email of the player."""
        self.user_ids.add(user.user_id)
        self.names.add(name_key(user.username))
        if user.email is not None:
            self.emails.add(name_key(user.email))

    def update(self, other: "Taken") -> None:
        """Add all ids, usernames and emails of the other."""
        self.user_ids |= other.user_ids
        self.names |= other.names
        self.emails |= other.emails

    def __bool__(self) -> bool:
        return bool(self.user_ids or self.names or self.emails)


class Collision(LeaderForgeError):
    """Error for ids, usernames or emails of a batch that are taken. It rolls back the transaction."""

    def __init__(self, taken: Taken) -> None:
        super().__init__("taken")
        self.taken = taken


def without_rivals(users: Mapping[int, Player]) -> dict[int, Player]:
    """Return the players, by position, that share no id, username or email with an earlier one."""
    claimed = Taken()
    first: dict[int, Player] = {}
    for position, user in users.items():
        if claimed.refusal(user) is None:
            first[position] = user
        claimed.add(user)
    return first


async def insert(connection: Connection, users: Iterable[Player]) -> None:
    """Insert players and their claims. Raises `Collision` if any is taken.

    The players must not share an id, username or email: see `without_rivals`.
    """
    by_id = {user.user_id: user for user in users}
    names = {name_key(user.username): user.user_id for user in by_id.values()}
    emails = {name_key(user.email): user.user_id for user in by_id.values() if user.email is not None}
    rows = [(u.user_id, u.username, u.email, u.created_at) for _, u in sorted(by_id.items())]
    taken = Taken(
        user_ids=by_id.keys() - await _insert_rows(connection, "insert_users", rows),
        names=names.keys() - await _insert_rows(connection, "claim_usernames", sorted(names.items())),
        emails=emails.keys() - await _insert_rows(connection, "claim_emails", sorted(emails.items())),
    )
    if taken:
        raise Collision(taken)


async def change(connection: Connection, user_id: int, changes: ProfileChange) -> Player:
    """Change a player and the claims, and return the player.

    Raises `PlayerNotFound`, `UsernameTaken` or `EmailTaken`.
    """
    rows = await connection.fetch(statement("lock_profile"), user_id)
    if not rows:
        raise PlayerNotFound.of(user_id)
    old = user_of(rows[0])
    new = replace(old, **changes)
    if not await _swap(connection, "usernames", user_id, old.username, new.username):
        raise username_taken(new)
    if not await _swap(connection, "emails", user_id, old.email, new.email):
        raise email_taken()
    await connection.execute(statement("update_user"), user_id, new.username, new.email)
    return new


async def release(connection: Connection, user: Player) -> None:
    """Delete a player's claims."""
    await _swap(connection, "usernames", user.user_id, user.username, None)
    await _swap(connection, "emails", user.user_id, user.email, None)


def user_of(row: Record) -> Player:
    """Return the player in a row with all player columns."""
    return Player(row["user_id"], row["username"], row["email"], row["created_at"])


def username_taken(user: Player) -> UsernameTaken:
    """Return the error for a username with another owner."""
    return UsernameTaken(f"the name {user.username!r} is taken", username=user.username)


def email_taken() -> EmailTaken:
    """Return the error for an email with another owner. It does not contain the email: that is personal data."""
    return EmailTaken("the email is taken")


async def _swap(connection: Connection, claims: str, user_id: int, old: str | None, new: str | None) -> bool:
    """Replace a claim, and return whether the new one was free. `old` or `new` is None if there is no claim."""
    released, claimed = (None if text is None else name_key(text) for text in (old, new))
    if released == claimed:
        return True
    # In the order of keys: two players who swap usernames do not deadlock.
    for key in sorted(key for key in (released, claimed) if key is not None):
        if key == released:
            await connection.execute(statement(f"release_{claims}"), key, user_id)
        elif not await connection.fetch(statement(f"claim_{claims}"), key, user_id):
            return False
    return True


async def _insert_rows(connection: Connection, name: str, rows: Sequence[Sequence[object]]) -> set[object]:
    return {key for (key,) in await run_rows(connection, name, rows)}
