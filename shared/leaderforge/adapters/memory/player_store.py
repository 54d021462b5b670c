"""In-memory player store."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from time import time_ns

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import EmailTaken, LeaderForgeError, PlayerExists, PlayerNotFound, UsernameTaken
from leaderforge.domain.players import Player, ProfileChange, name_key
from leaderforge.ports.clock import Clock


def microseconds() -> int:
    """Return the current time in microseconds since 1970."""
    return time_ns() // 1000


class MemoryPlayerStore:
    """`PlayerStore` in a dict. `clock` is in microseconds."""

    def __init__(self, audit: MemoryAuditLog | None = None, *, clock: Clock = microseconds) -> None:
        self._audit = audit or MemoryAuditLog()
        self._clock = clock
        self.by_id: dict[int, Player] = {}
        self.hidden: set[int] = set()
        self.touches: list[tuple[int, int]] = []
        self.erasures: list[tuple[int, int, int]] = []
        """Notes for reconcile: players that changed other than by an event, and the times (ms since 1970)."""

    async def create(self, users: Sequence[Player]) -> Sequence[Player | LeaderForgeError]:
        return [self._create(user) for user in users]

    async def change(self, user_id: int, changes: ProfileChange, act: AuditEntry) -> Player:
        if user_id not in self.by_id:
            raise PlayerNotFound.of(user_id)
        new = replace(self.by_id[user_id], **changes)
        refusal = self._refusal(new, [user for user in self.by_id.values() if user.user_id != user_id])
        if refusal is not None:
            raise refusal
        self.by_id[user_id] = new
        self.touch(user_id)
        self._audit.write(act)
        return new

    def erase(self, user_id: int, revision: int) -> None:
        """Erase a player with username and email.

        Note for reconcile a revision above all revisions of the standings.
        """
        del self.by_id[user_id]
        self.hidden.discard(user_id)
        self.touch(user_id)
        self.erasures.append((user_id, self.touches[-1][1], revision))

    def touch(self, user_id: int) -> None:
        """Note for reconcile that the player changed other than by an event."""
        self.touches.append((user_id, self._clock() // 1000))

    async def get(self, user_ids: Collection[int]) -> Mapping[int, Player]:
        return {i: self.by_id[i] for i in user_ids if i in self.by_id}

    async def following(self, user_id: int | None, limit: int) -> Sequence[int]:
        return sorted(i for i in self.by_id if user_id is None or i > user_id)[:limit]

    async def by_name(self, usernames: Collection[str]) -> Mapping[str, Player]:
        owners = {name_key(user.username): user for user in self.by_id.values()}
        return {name: owners[name_key(name)] for name in usernames if name_key(name) in owners}

    async def with_prefix(self, prefix: str, limit: int) -> Sequence[Player]:
        owners = sorted((name_key(user.username), user) for user in self.by_id.values())
        return [user for key, user in owners if key.startswith(name_key(prefix))][:limit]

    def _create(self, new: Player) -> Player | LeaderForgeError:
        if new.user_id in self.by_id:
            return PlayerExists(f"there is a player {new.user_id} already", user_id=new.user_id)
        refusal = self._refusal(new, self.by_id.values())
        if refusal is None:
            self.by_id[new.user_id] = new
        return refusal or new

    def _refusal(self, new: Player, players: Collection[Player]) -> LeaderForgeError | None:
        """Return the error if one of these players has the new player's username or email, None otherwise."""
        if name_key(new.username) in {name_key(user.username) for user in players}:
            return UsernameTaken(f"the name {new.username!r} is taken", username=new.username)
        if new.email is not None and name_key(new.email) in {name_key(u.email) for u in players if u.email is not None}:
            return EmailTaken("the email is taken")
        return None
