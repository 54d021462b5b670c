"""Creating players so that each id, name and email has one owner, also among those created together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from leaderforge.adapters.postgres.pool import Connection
from leaderforge.adapters.postgres.statements import run_rows
from leaderforge.domain.errors import EmailTaken, LeaderForgeError, UserExists, UsernameTaken
from leaderforge.domain.players import name_key
from leaderforge.ports import User


@dataclass(slots=True)
class Taken:
    """Ids, and keys of names and emails, that have an owner."""

    user_ids: set[int] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)

    def refusal(self, user: User) -> LeaderForgeError | None:
        """Return why the player cannot be created, None if nothing here speaks against it."""
        if user.user_id in self.user_ids:
            return UserExists(f"there is a player {user.user_id} already", user_id=user.user_id)
        if name_key(user.username) in self.names:
            return UsernameTaken(f"the name {user.username!r} is taken", username=user.username)
        if user.email is not None and name_key(user.email) in self.emails:
            return EmailTaken("the email is taken")
        return None

    def add(self, user: User) -> None:
        """Note that the player owns its id, name and email."""
        self.user_ids.add(user.user_id)
        self.names.add(name_key(user.username))
        if user.email is not None:
            self.emails.add(name_key(user.email))

    def update(self, other: "Taken") -> None:
        """Note what the other has noted, too."""
        self.user_ids |= other.user_ids
        self.names |= other.names
        self.emails |= other.emails

    def __bool__(self) -> bool:
        return bool(self.user_ids or self.names or self.emails)


class Collision(LeaderForgeError):
    """Some of what players were to own is taken; raised to undo the transaction that found out."""

    def __init__(self, taken: Taken) -> None:
        super().__init__("taken")
        self.taken = taken


def without_rivals(users: Mapping[int, User]) -> dict[int, User]:
    """Return those of the players who share no id, name or email with one before them."""
    claimed = Taken()
    first: dict[int, User] = {}
    for position, user in users.items():
        if claimed.refusal(user) is None:
            first[position] = user
        claimed.add(user)
    return first


async def insert(connection: Connection, users: Iterable[User]) -> None:
    """Insert players without rivals among them, with their claims. Raises `Collision` if any of it is taken."""
    by_id = {user.user_id: user for user in users}
    names = {name_key(user.username): user.user_id for user in by_id.values()}
    emails = {name_key(user.email): user.user_id for user in by_id.values() if user.email is not None}
    rows = [(u.user_id, u.username, u.email, u.created_at) for _, u in sorted(by_id.items())]
    taken = Taken(
        user_ids=by_id.keys() - await _inserted(connection, "insert_users", rows),
        names=names.keys() - await _inserted(connection, "claim_usernames", sorted(names.items())),
        emails=emails.keys() - await _inserted(connection, "claim_emails", sorted(emails.items())),
    )
    if taken:
        raise Collision(taken)


async def _inserted(connection: Connection, name: str, rows: Sequence[Sequence[object]]) -> set[object]:
    return {key for (key,) in await run_rows(connection, name, rows)}
