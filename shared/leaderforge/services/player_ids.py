"""Player ids of external ids: look-ups that this process caches, and creation of players on first sight."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from time import monotonic
from typing import NamedTuple

from leaderforge.coalescing import STAGGER_S, Coalescer
from leaderforge.domain.errors import ExternalIdTaken, LeaderForgeError, PlayerExists, PlayerNotFound, UsernameTaken
from leaderforge.domain.name_rules import BASIC_RULES, NameRules
from leaderforge.domain.players import ExternalId, Player, digest_of_id, new_user_ids
from leaderforge.domain.timing import CHECKABLE_MS, LOOKUP_WAIT_MS, MAPPING_MS
from leaderforge.ports.clock import Clock
from leaderforge.ports.players import PlayerStore
from leaderforge.services.delivery import Delivery

_MAX_RELEASED = 10_000
"""Maximum number of released ids that this process remembers. Above this number, the next check empties the cache."""
_A_BATCH = 1000
"""Maximum number of look-ups of one query."""
_ATTEMPTS = 8
"""Maximum attempts to create players. A random new id may be taken, or another process may create the player first."""


class Sighting(NamedTuple):
    """Player id or external id of a player that may not exist yet, and the name to give it, if any."""

    identity: int | ExternalId
    username: str | None = None


class _Cached(NamedTuple):
    """Cached player id. `check` is the number of the last check after which the player id was known to be right."""

    user_id: int
    check: int


class PlayerIds:
    """Cache of players: by external id, and by player id.

    A check reads which external ids were released. After the start of a check, the cache is used for at most
    `MAPPING_MS`. Another player can claim a released external id only after this time. The next check keeps the
    external ids that were not released, and no player ids. It keeps nothing if `CHECKABLE_MS` have passed since the
    previous check. Missing players are not cached.

    `capacity` is the maximum number of cached players. A cached player takes 300 bytes with a UUID as external id, and
    600 at most with the longest external id.
    """

    def __init__(
        self,
        users: PlayerStore,
        delivery: Delivery,
        clock: Clock,
        *,
        capacity: int,
        rules: NameRules = BASIC_RULES,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._users = users
        self._capacity = capacity
        self._delivery = delivery
        self._clock = clock
        self._rules = rules
        self._now = now
        self._cached: dict[int | ExternalId, _Cached] = {}
        self._released: set[str] = set()
        self._invalidations = 0
        self._checks = 0
        # Time of the last check by two clocks: the cache's clock (s), and the wall clock (ms since 1970). Only the wall
        # clock advances while a machine is suspended.
        self._checked_at_s, self._checked_at_ms = 0.0, 0
        wait_s = LOOKUP_WAIT_MS / 1000
        # Collect look-ups while a query is in flight, because one query for many players costs less than many queries.
        self._load = Coalescer(self._load_batch, max_batch=_A_BATCH, stagger_s=STAGGER_S, time_limit_s=wait_s)
        # Run one batch at a time, because two batches would compete for the same new players.
        self._create = Coalescer(self._create_batch, max_batch=_A_BATCH, max_in_flight=1, time_limit_s=wait_s)

    def cached(self, identity: int | ExternalId) -> int | None:
        """Return the player id if this process has cached it, None otherwise."""
        cached = self._cached.get(identity)
        if cached is None or self._unchecked_ms() >= MAPPING_MS:
            return None
        if cached.check != self._checks:
            if not self._outlives_checks(identity):
                return None
            self._cached[identity] = _Cached(cached.user_id, self._checks)
        return cached.user_id

    async def find(self, identity: int | ExternalId) -> int | None:
        """Return the player id, None if there is no such player. Raises `StoreUnavailable` or `Overloaded`."""
        user_id = self.cached(identity)
        return await self._load(identity) if user_id is None else user_id

    async def get(self, identity: int | ExternalId) -> int:
        """Return the player id. If `identity` is a player id, return it unchecked. Raises `PlayerNotFound`."""
        if not isinstance(identity, ExternalId):
            return identity
        user_id = await self.find(identity)
        if user_id is None:
            raise PlayerNotFound.of_external(identity)
        return user_id

    async def find_many(self, external_ids: Iterable[ExternalId]) -> Mapping[ExternalId, int]:
        """Return player ids by external id. Leave out external ids without a player. Raises like `find`."""
        distinct = list(dict.fromkeys(external_ids))
        user_ids = await asyncio.gather(*map(self.find, distinct))
        return {i: user_id for i, user_id in zip(distinct, user_ids, strict=True) if user_id is not None}

    async def ensure(self, sighting: Sighting) -> int:
        """Return the id of a player. Create the player if necessary.

        Raises `PlayerNotFound` for a player that was erased not long ago, `StoreUnavailable` or `Overloaded`.
        """
        user_id = await self.find(sighting.identity)
        if user_id is None:
            user_id = await self._create(sighting)
        if user_id is None:
            raise not_found(sighting.identity)
        return user_id

    async def ensure_many(self, external_ids: Iterable[ExternalId]) -> Mapping[ExternalId, int]:
        """Return the ids of players. Create missing players, but leave out erased players. Raises like `ensure`."""
        distinct = list(dict.fromkeys(external_ids))
        user_ids = await asyncio.gather(*(self._create(Sighting(external_id)) for external_id in distinct))
        return {i: user_id for i, user_id in zip(distinct, user_ids, strict=True) if user_id is not None}

    def invalidate(self, identities: Iterable[int | str]) -> None:
        """Remove players from the cache. Do not cache the results of look-ups in flight."""
        self._invalidations += 1
        for identity in identities:
            self._cached.pop(identity if isinstance(identity, int) else ExternalId(identity), None)

    async def _load_batch(self, identities: Sequence[int | ExternalId]) -> Sequence[int | None]:
        loaded = await self._stored(set(identities))
        return [loaded.get(identity) for identity in identities]

    async def _stored(self, identities: Collection[int | ExternalId]) -> Mapping[int | ExternalId, int]:
        """Return the ids of the players that the store has, and cache them."""
        if self._unchecked_ms() >= MAPPING_MS:
            await self._check()
        check, invalidations = self._checks, self._invalidations
        external_ids = [identity for identity in identities if isinstance(identity, ExternalId)]
        user_ids = [identity for identity in identities if not isinstance(identity, ExternalId)]
        stored: dict[int | ExternalId, int] = {}
        if external_ids:
            by_external_id = await self._users.by_external_id(external_ids)
            stored |= {i: by_external_id[i] for i in external_ids if i in by_external_id}
        if user_ids:
            stored |= {user_id: user_id for user_id in await self._users.get(user_ids)}
        if self._invalidations == invalidations:
            self._keep(stored, check)
        return stored

    async def _create_batch(self, sightings: Sequence[Sighting]) -> Sequence[int | None]:
        names = {sighting.identity: sighting.username for sighting in reversed(sightings)}
        # Another batch may have created some of the players while this batch waited.
        existing = dict(await self._stored(names.keys()))
        missing = {identity: self._allowed(name) for identity, name in names.items() if identity not in existing}
        for _ in range(_ATTEMPTS):
            if not missing:
                break
            existing |= await self._create_missing(missing)
            missing = {i: name for i, name in missing.items() if i not in existing}
        return [existing.get(sighting.identity) for sighting in sightings]

    def _allowed(self, name: str | None) -> str | None:
        """Return the name, None if it breaks a rule. The player is then created without a name."""
        return None if self._rules.refusal(name) else name

    async def _create_missing(self, names: dict[int | ExternalId, str | None]) -> Mapping[int | ExternalId, int]:
        """Create players with these names, and return the ids of the created and existing players.

        Change `names` for the next attempt: remove erased players, and set each taken name to None.
        """
        now = self._clock()
        new_ids = new_user_ids(now, len(names))
        users = [_player(i, names[i], new_id, now) for i, new_id in zip(names, new_ids, strict=True)]
        outcomes = dict(zip(list(names), await self._users.create(users, on_sight=True), strict=True))
        created = {i: user for i, user in outcomes.items() if isinstance(user, Player)}
        await self._delivery.created(list(created.values()))
        rivals = await self._stored([i for i, outcome in outcomes.items() if _may_exist(i, outcome)])
        for identity, outcome in outcomes.items():
            if isinstance(outcome, UsernameTaken):
                names[identity] = None
            elif _may_exist(identity, outcome) and identity not in rivals:
                del names[identity]
            elif isinstance(outcome, LeaderForgeError) and not isinstance(outcome, PlayerExists | ExternalIdTaken):
                raise outcome
        return {**rivals, **{i: user.user_id for i, user in created.items()}}

    async def _check(self) -> None:
        """Read which external ids were released. The cached players of all other external ids stay valid."""
        now_s, now_ms = self._now(), self._clock()
        if self._unchecked_ms() > CHECKABLE_MS or len(self._released) > _MAX_RELEASED:
            self._cached.clear()
            self._released.clear()
        if self._cached:
            self._released |= await self._users.released(now_ms)
        self._checks += 1
        self._checked_at_s, self._checked_at_ms = now_s, now_ms

    def _outlives_checks(self, identity: int | ExternalId) -> bool:
        """Return whether checks can confirm a cached identity: it must be an external id that was not released."""
        if not isinstance(identity, ExternalId):
            return False
        return not self._released or digest_of_id(identity) not in self._released

    def _unchecked_ms(self) -> float:
        """Return the time in ms since the start of the last check, by the clock that shows the longer time."""
        return max((self._now() - self._checked_at_s) * 1000, self._clock() - self._checked_at_ms)

    def _keep(self, user_ids: Mapping[int | ExternalId, int], check: int) -> None:
        for identity, user_id in user_ids.items():
            # Move the entry to the end: the first entries must be the oldest, because the cache evicts them first.
            self._cached.pop(identity, None)
            self._cached[identity] = _Cached(user_id, check)
        while len(self._cached) > self._capacity:
            del self._cached[next(iter(self._cached))]


def not_found(identity: int | ExternalId) -> PlayerNotFound:
    """Return the error for a player id or an external id without a player."""
    return PlayerNotFound.of_external(identity) if isinstance(identity, ExternalId) else PlayerNotFound.of(identity)


def _player(identity: int | ExternalId, username: str | None, new_id: int, now: int) -> Player:
    if isinstance(identity, ExternalId):
        return Player(new_id, username, None, now, identity)
    return Player(identity, username, None, now)


def _may_exist(identity: int | ExternalId, outcome: Player | LeaderForgeError) -> bool:
    """Return whether the creation failed because `identity` has a player, or lost its player by a recent erasure."""
    return isinstance(outcome, ExternalIdTaken if isinstance(identity, ExternalId) else PlayerExists)
