"""In-memory player store."""

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from operator import itemgetter
from time import time_ns

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.claims import MemoryClaims
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import (
    EmailTaken,
    ExternalIdTaken,
    LeaderForgeError,
    PlayerExists,
    PlayerNotFound,
    UsernameTaken,
)
from leaderforge.domain.names import MIN_WITHIN, name_key, prefix_key
from leaderforge.domain.players import Player, ProfileChange, digest_of_id
from leaderforge.domain.standings import LadderStanding
from leaderforge.domain.timing import RELEASE_MS
from leaderforge.ports.clock import Clock
from leaderforge.ports.players import ProfileChanged


def microseconds() -> int:
    """Return the current time in microseconds since 1970."""
    return time_ns() // 1000


@dataclass(frozen=True, slots=True)
class _Release:
    """Released id. Times are in ms. `user_id` may claim the id again at once, and is None after an erasure."""

    user_id: int | None
    claimable_at: int
    creatable_at: int


@dataclass(frozen=True, slots=True)
class StoredSession:
    """Session with the digests of its last two refresh tokens. Times are in ms."""

    digest: bytes
    previous_digest: bytes | None
    created_at: int
    refreshed_at: int
    expires_at: int


class MemoryPlayerStore:
    """`PlayerStore` in a dict. `clock` is in microseconds."""

    def __init__(
        self, audit: MemoryAuditLog | None = None, *, clock: Clock = microseconds, unique_names: bool = True
    ) -> None:
        self._audit = audit or MemoryAuditLog()
        self._clock = clock
        self._unique_names = unique_names
        self.by_id: dict[int, Player] = {}
        self._claims = MemoryClaims()
        self.hidden: set[int] = set()
        self.on_attributes: list[Callable[[int], Sequence[LadderStanding]]] = []
        """Callbacks after a change of attributes. Each gets the player's id, and returns the moved standings."""
        self.devices: dict[str, int] = {}
        self.sessions: dict[int, dict[str, StoredSession]] = {}
        self._released: dict[int | str, _Release] = {}
        self.touches: list[tuple[int, int]] = []
        self.erasures: list[tuple[int, int, int]] = []
        """Notes of erased players for reconcile: player id, time (ms since 1970) and revision."""

    async def create(self, users: Sequence[Player], *, on_sight: bool = False) -> Sequence[Player | LeaderForgeError]:
        return [self._create(user, on_sight) for user in users]

    async def change(self, user_id: int, changes: ProfileChange, act: AuditEntry) -> ProfileChanged:
        if user_id not in self.by_id:
            raise PlayerNotFound.of(user_id)
        old = self.by_id[user_id]
        new = replace(old, **changes)
        self._require_allowed(old, new)
        self._claims.remove(old)
        self._claims.add(new)
        self.by_id[user_id] = new
        if old.external_id is not None and new.external_id != old.external_id:
            self._released[old.external_id] = self._release_for(user_id)
        callbacks = self.on_attributes if "attributes" in changes else []
        moved = [standing for move in callbacks for standing in move(user_id)]
        self.touch(user_id)
        self._audit.write(act)
        return ProfileChanged(new, moved)

    def _release_for(self, user_id: int) -> _Release:
        """Return the release of an external id. For `RELEASE_MS`, only its former player `user_id` may claim the id."""
        until = self._now() + RELEASE_MS
        return _Release(user_id, until, until)

    def _require_allowed(self, old: Player, new: Player) -> None:
        """Raise the error of a change from `old` to `new` if another player owns a value of `new`."""
        refusal = self._refusal(new)
        if refusal is not None:
            raise refusal
        if new.external_id is not None and new.external_id != old.external_id:
            self._require_claimable(new.external_id, old.user_id)

    def erase(self, user_id: int, revision: int, creatable_at: int | None) -> None:
        """Erase a player, and store the erasure for reconcile.

        `revision` is above the revisions of all the player's standings. First sight does not create the player again
        before `creatable_at` (ms). `creatable_at` is None if first sight never creates players.
        """
        erased = self.by_id.pop(user_id)
        external_id = erased.external_id
        self._claims.remove(erased)
        self.hidden.discard(user_id)
        self.devices = {device: owner for device, owner in self.devices.items() if owner != user_id}
        self.sessions.pop(user_id, None)
        self.touch(user_id)
        self.erasures.append((user_id, self.touches[-1][1], revision))
        if external_id is None and creatable_at is None:
            return
        claimable_at = self._now() + (0 if external_id is None else RELEASE_MS)
        release = _Release(None, claimable_at, max(claimable_at, creatable_at or 0))
        self._released[user_id] = release
        if external_id is not None:
            self._released[external_id] = release

    def touch(self, user_id: int) -> None:
        """Record a change without an event, for reconcile: a new name, a moderation, a creation or an erasure.

        Call this before a change of standings, because a resettlement ignores standings with earlier revisions.
        """
        self.touches.append((user_id, self._now()))

    async def get(self, user_ids: Collection[int]) -> Mapping[int, Player]:
        return {i: self.by_id[i] for i in user_ids if i in self.by_id}

    async def by_external_id(self, external_ids: Collection[str]) -> Mapping[str, int]:
        owners = self._claims.external_ids
        return {i: owners[i] for i in external_ids if i in owners}

    async def released(self, now: int) -> Set[str]:
        return {digest_of_id(identity) for identity, release in self._released.items() if release.claimable_at > now}

    async def forget_released(self, before: int) -> None:
        self._released = {i: r for i, r in self._released.items() if max(r.claimable_at, r.creatable_at) >= before}

    async def following(self, user_id: int | None, limit: int) -> Sequence[int]:
        return sorted(i for i in self.by_id if user_id is None or i > user_id)[:limit]

    async def by_name(self, usernames: Collection[str]) -> Mapping[str, Player]:
        owners = dict(reversed(self._players_by_name_key()))
        return {name: owners[name_key(name)] for name in usernames if name_key(name) in owners}

    async def ids_by_name(self, usernames: Collection[str]) -> Mapping[str, int]:
        return {name: user.user_id for name, user in (await self.by_name(usernames)).items()}

    async def claimants(self, usernames: Collection[str]) -> Mapping[str, int]:
        owners = {name: self._claims.claimants(name) for name in usernames}
        return {name: user_ids[-1] for name, user_ids in owners.items() if user_ids}

    async def with_name(self, username: str) -> Sequence[Player]:
        return [user for key, user in self._players_by_name_key() if key == name_key(username)]

    async def with_prefix(self, prefix: str, limit: int) -> Sequence[Player]:
        owners = sorted(self._players_by_name_key(), key=itemgetter(0))
        return [user for key, user in owners if key.startswith(prefix_key(prefix))][:limit]

    async def containing(self, text: str, limit: int) -> Sequence[Player] | None:
        searched = name_key(text)
        if len(searched) < MIN_WITHIN:
            return None
        matches = [
            (key.index(searched), key, user.user_id) for key, user in self._players_by_name_key() if searched in key
        ]
        return [self.by_id[user_id] for _, _, user_id in sorted(matches)[:limit]]

    def _now(self) -> int:
        return self._clock() // 1000

    def _players_by_name_key(self) -> list[tuple[str, Player]]:
        players = [user for _, user in sorted(self.by_id.items())]
        return [(name_key(user.username), user) for user in players if user.username is not None]

    def _create(self, new: Player, on_sight: bool) -> Player | LeaderForgeError:
        if new.user_id in self.by_id or self._is_released(new.user_id, on_sight):
            return PlayerExists(f"there is a player {new.user_id} already", user_id=new.user_id)
        refusal = self._refusal(new)
        if refusal is None and new.external_id is not None and self._is_released(new.external_id, on_sight):
            return _external_id_taken(new.external_id)
        if refusal is None:
            self.by_id[new.user_id] = new
            self._claims.add(new)
        return refusal or new

    def _is_released(self, identity: int | str, on_sight: bool) -> bool:
        release = self._released.get(identity)
        return release is not None and (release.creatable_at if on_sight else release.claimable_at) > self._now()

    def _require_claimable(self, external_id: str, user_id: int) -> None:
        if self._is_released(external_id, on_sight=False) and self._released[external_id].user_id != user_id:
            raise _external_id_taken(external_id)

    def _refusal(self, new: Player) -> LeaderForgeError | None:
        """Return the error if another player owns a unique value of the player `new`, None otherwise."""
        if self._unique_names and new.username is not None and {*self._claims.claimants(new.username)} - {new.user_id}:
            return UsernameTaken(f"the name {new.username!r} is taken", username=new.username)
        if new.email is not None and self._claims.owner_of_email(new.email) not in (None, new.user_id):
            return EmailTaken("the email is taken")
        if new.external_id is not None and self._claims.external_ids.get(new.external_id) not in (None, new.user_id):
            return _external_id_taken(new.external_id)
        return None


def _external_id_taken(external_id: str) -> ExternalIdTaken:
    return ExternalIdTaken(f"the external id {external_id!r} is taken", external_id=external_id)
