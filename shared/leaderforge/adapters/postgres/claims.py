"""Creation and change of players. No two players share an id, username, email or external id.

Claims are inserted and deleted in the order of their keys: usernames, then emails, then external ids. This order
prevents deadlocks. An id is claimed before the transaction reads whether it was released. In the other order, a release
that commits between the read and the claim would be missed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from leaderforge.adapters.postgres.names import insert_names, replace_name
from leaderforge.adapters.postgres.pool import Connection, Record
from leaderforge.adapters.postgres.statements import run_rows, statement
from leaderforge.domain.errors import (
    EmailTaken,
    ExternalIdTaken,
    LeaderForgeError,
    PlayerExists,
    PlayerNotFound,
    UsernameTaken,
)
from leaderforge.domain.names import claims_of
from leaderforge.domain.players import Player, ProfileChange, digest_of_id, email_key
from leaderforge.domain.presence import required_first
from leaderforge.domain.timing import RELEASE_MS


@dataclass(slots=True)
class Taken:
    """Ids, username keys, email keys and external ids that have an owner, and digests of released ids."""

    user_ids: set[int] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    external_ids: set[str] = field(default_factory=set)
    released: set[str] = field(default_factory=set)
    unique_names: bool = True

    def refusal(self, user: Player) -> LeaderForgeError | None:
        """Return the error if a unique value of the player is taken or released, None otherwise."""
        if user.user_id in self.user_ids:
            return PlayerExists(f"there is a player {user.user_id} already", user_id=user.user_id)
        if user.username is not None and not self.names.isdisjoint(claims_of(user.username)):
            return username_taken(user)
        if user.email is not None and email_key(user.email) in self.emails:
            return email_taken()
        if user.external_id is not None and user.external_id in self.external_ids:
            return external_id_taken(user.external_id)
        return self._release_refusal(user) if self.released else None

    def _release_refusal(self, user: Player) -> LeaderForgeError | None:
        if digest_of_id(user.user_id) in self.released:
            return PlayerExists(f"player {user.user_id} was erased recently; use another id", user_id=user.user_id)
        if user.external_id is not None and digest_of_id(user.external_id) in self.released:
            return external_id_released(user.external_id)
        return None

    def add(self, user: Player) -> None:
        """Add the unique values of the player."""
        self.user_ids.add(user.user_id)
        if user.username is not None and self.unique_names:
            self.names.update(claims_of(user.username))
        if user.email is not None:
            self.emails.add(email_key(user.email))
        if user.external_id is not None:
            self.external_ids.add(user.external_id)

    def update(self, other: "Taken") -> None:
        """Add all values of `other`."""
        self.user_ids |= other.user_ids
        self.names |= other.names
        self.emails |= other.emails
        self.external_ids |= other.external_ids
        self.released |= other.released

    def __bool__(self) -> bool:
        return any((self.user_ids, self.names, self.emails, self.external_ids, self.released))


class Collision(LeaderForgeError):
    """Error that rolls back the transaction of a batch. `taken` contains the values of the batch that have an owner."""

    def __init__(self, taken: Taken) -> None:
        super().__init__("taken")
        self.taken = taken


def without_rivals(users: Mapping[int, Player], *, unique_names: bool = True) -> dict[int, Player]:
    """Return the players, by position, who share no unique value with an earlier player."""
    claimed = Taken(unique_names=unique_names)
    first: dict[int, Player] = {}
    for position, user in users.items():
        if claimed.refusal(user) is None:
            first[position] = user
        claimed.add(user)
    return first


async def insert(
    connection: Connection, users: Iterable[Player], now: int, *, on_sight: bool = False, unique_names: bool = True
) -> None:
    """Insert players and their claims.

    Raises `Collision` if a value is taken, or if a released id is not yet free at `now` (ms). The players must not
    share a unique value: see `without_rivals`. A released id may be claimed again only after some time. With
    `on_sight`, as on first sight, this time is longer for ids of erased players.
    """
    by_id = {user.user_id: user for user in users}
    emails = {email_key(user.email): user.user_id for user in by_id.values() if user.email is not None}
    external_ids = {user.external_id: user.user_id for user in by_id.values() if user.external_id is not None}
    rows = [
        (u.user_id, u.username, u.email, u.created_at, u.external_id, u.attributes) for _, u in sorted(by_id.items())
    ]
    taken = Taken(
        user_ids=by_id.keys() - await _insert_rows(connection, "insert_users", rows),
        names=await insert_names(connection, by_id.values(), unique=unique_names),
        emails=emails.keys() - await _insert_rows(connection, "claim_emails", sorted(emails.items())),
        external_ids=external_ids.keys()
        - await _insert_rows(connection, "claim_external_ids", sorted(external_ids.items())),
        released=set(await _released(connection, [*by_id, *external_ids], now, on_sight=on_sight)),
    )
    if taken:
        raise Collision(taken)


async def change(
    connection: Connection, user_id: int, changes: ProfileChange, now: int, *, unique_names: bool = True
) -> Player:
    """Change a player and the claims at `now` (ms), and return the player.

    Raises `PlayerNotFound`, `UsernameTaken`, `EmailTaken` or `ExternalIdTaken`.
    """
    # A submission reads the attributes for a new standing with `for key share`. This read must wait for the change of
    # the row itself. If it waited only for a stronger lock after the change, it would return the old attributes.
    lock = "lock_player" if "attributes" in changes else "lock_profile"
    rows = await connection.fetch(statement(lock), user_id)
    old = user_of(required_first(rows, PlayerNotFound.of(user_id)))
    new = replace(old, **changes)
    if not await replace_name(connection, user_id, old.username, new.username, unique=unique_names):
        raise username_taken(new)
    if not await _swap_emails(connection, user_id, old.email, new.email):
        raise email_taken()
    if old.external_id != new.external_id:
        await _swap_external_ids(connection, old, new.external_id, now)
    await connection.execute(
        statement("update_user"), user_id, new.username, new.email, new.external_id, new.attributes
    )
    return new


async def release(connection: Connection, user: Player, now: int, creatable_at: int | None) -> None:
    """Delete the claims of a player who is erased at `now` (ms), and store the player's id and external id as released.

    First sight does not create the player again before `creatable_at` (ms). `creatable_at` is None if first sight never
    creates players.
    """
    await replace_name(connection, user.user_id, user.username, None, unique=True)
    await _swap_emails(connection, user.user_id, user.email, None)
    if user.external_id is not None:
        await connection.execute(statement("release_external_ids"), user.external_id, user.user_id)
    if user.external_id is None and creatable_at is None:
        return
    claimable_at = now if user.external_id is None else now + RELEASE_MS
    for identity in (user.user_id, user.external_id):
        if identity is not None:
            await _note_release(connection, identity, None, claimable_at, max(claimable_at, creatable_at or 0))


def user_of(row: Record) -> Player:
    """Return the player in a row with all player columns."""
    columns = "user_id", "username", "email", "created_at", "external_id", "attributes"
    return Player(*(row[column] for column in columns))


def username_taken(user: Player) -> UsernameTaken:
    """Return the error for a username with another owner."""
    return UsernameTaken(f"the name {user.username!r} is taken", username=user.username)


def email_taken() -> EmailTaken:
    """Return the error for an email with another owner. The error omits the email, which is personal data."""
    return EmailTaken("the email is taken")


def external_id_taken(external_id: str) -> ExternalIdTaken:
    """Return the error for an external id with another owner."""
    return ExternalIdTaken(f"the external id {external_id!r} is taken", external_id=external_id)


def external_id_released(external_id: str) -> ExternalIdTaken:
    """Return the error for an external id that its owner released, or lost by an erasure, a moment ago."""
    return ExternalIdTaken(
        f"the external id {external_id!r} belonged to another player until recently; retry later or use another one",
        external_id=external_id,
    )


async def _swap_external_ids(connection: Connection, old: Player, external_id: str | None, now: int) -> None:
    """Replace a player's external id. None removes it. Raises `ExternalIdTaken`."""
    for key in sorted(key for key in (old.external_id, external_id) if key is not None):
        if key == old.external_id:
            await connection.execute(statement("release_external_ids"), key, old.user_id)
            until = now + RELEASE_MS
            await _note_release(connection, key, old.user_id, until, until)
        elif not await connection.fetch(statement("claim_external_ids"), key, old.user_id):
            raise external_id_taken(key)
        elif set((await _released(connection, [key], now)).values()) - {old.user_id}:
            raise external_id_released(key)


async def _released(
    connection: Connection, identities: Collection[int | str], now: int, *, on_sight: bool = False
) -> Mapping[str, int | None]:
    """Return the digests of released ids that are not free at `now` (ms), and the player who may claim each id."""
    digests = sorted(map(digest_of_id, identities))
    rows = await connection.fetch(statement("released_ids"), digests, now, on_sight)
    return {row["id_digest"]: row["user_id"] for row in rows}


async def _note_release(
    connection: Connection, identity: int | str, user_id: int | None, claimable_at: int, creatable_at: int
) -> None:
    digest = digest_of_id(identity)
    await connection.execute(statement("note_release"), digest, user_id, claimable_at, creatable_at)


async def _swap_emails(connection: Connection, user_id: int, old: str | None, new: str | None) -> bool:
    """Replace the claim of an email, and return whether the new email was free. None means no email."""
    released, claimed = (None if text is None else email_key(text) for text in (old, new))
    if released == claimed:
        return True
    # Change the claims in the order of their keys. Otherwise, two players who swap emails concurrently could deadlock.
    for key in sorted(key for key in (released, claimed) if key is not None):
        if key == released:
            await connection.execute(statement("release_emails"), key, user_id)
        elif not await connection.fetch(statement("claim_emails"), key, user_id):
            return False
    return True


async def _insert_rows(connection: Connection, name: str, rows: Sequence[Sequence[object]]) -> set[object]:
    return {key for (key,) in await run_rows(connection, name, rows)}
