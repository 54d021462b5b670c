"""What the services need from the outside: every port on one page.

All calls raise `Unavailable` (`IndexUnavailable` or `StoreUnavailable`) when the part cannot answer within its
time limit. Times are milliseconds since 1970, UTC.
"""

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from leaderforge.domain.boards import Board, Ladder, Order, Policy, RankStyle
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.merge import Counts, Row, Window
from leaderforge.domain.standings import Event, Standing

Clock = Callable[[], int]
"""Returns the time now."""


class Ranking(Protocol):
    """Reads of one ladder in its total order, exact. The index answers them, and the store when the index cannot.

    Bounds are sort keys, prefixes of sort keys, or `FIRST` and `LAST` (see `domain.order`).
    """

    async def rows(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, Row]:
        """Return the rows of those of the players who are ranked."""
        ...

    async def counts(self, ladder: Ladder, bounds: Sequence[bytes]) -> Counts:
        """Return the number of entries, and how many lie above each bound."""
        ...

    async def window(self, ladder: Ladder, bound: bytes, *, before: int, after: int) -> Window[Row]:
        """Return up to `before` entries above the bound and up to `after` from it on."""
        ...

    async def key_at(self, ladder: Ladder, rank: int) -> bytes | None:
        """Return the sort key of the entry at an ordinal rank (from 1), or None where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a standing to the index did.

    `previous` is the player's key before, None for a new player. `above` counts the entries above the standing's
    rank bound afterwards, None unless asked for.
    """

    key: bytes
    previous: bytes | None
    above: int | None


class RankIndex(Ranking, Protocol):
    """The sharded, rebuildable index.

    A partition answers reads only once it is marked complete; until then they raise `IndexUnavailable`.
    """

    @property
    def partitions(self) -> int: ...

    async def apply(self, ladder: Ladder, standings: Sequence[Standing], *, count: bool = False) -> Sequence[Applied]:
        """Bring the index up to these standings, one a player; older revisions than it holds change nothing.

        With `count`, every partition counts the entries above each standing, after all of them are applied. Should
        only the counting fail, `above` is None.
        """
        ...

    async def load(self, ladder: Ladder, standings: Sequence[Standing]) -> None:
        """Apply many standings, one a player, without holding up others."""
        ...

    async def differences(self, ladder: Ladder, standings: Sequence[Standing]) -> Sequence[int]:
        """Return the user ids of the standings that the index does not hold just so."""
        ...

    def keys(self, ladder: Ladder) -> AsyncIterator[Sequence[bytes]]:
        """Yield the sort keys of all entries, in chunks, in no order, a few perhaps twice."""
        ...

    async def put_names(self, names: Mapping[int, str]) -> None:
        """Set the names that rows of these players show, on every ladder."""
        ...

    async def watermarks(self) -> Sequence[int | None]:
        """Return, for each partition, the time up to which it is known to be complete, or None if it is not."""
        ...

    async def advance(self, watermark: int) -> None:
        """Raise the watermark of every complete partition."""
        ...

    async def begin_rebuild(self, ladders: Sequence[Ladder], partitions: Collection[int]) -> str:
        """Empty these partitions and return a token for `finish_rebuild`; updates go on being applied."""
        ...

    async def finish_rebuild(self, token: str, partitions: Collection[int], watermark: int) -> Collection[int]:
        """Mark as complete those of the partitions that were not emptied again since, and return them."""
        ...

    async def lease(self, name: str, holder: str, seconds: float) -> bool:
        """Whether this holder has, or now takes, the named lease, so that one process of many does a job.

        No seconds give it back.
        """
        ...

    async def health(self) -> Sequence[bool]:
        """Return, for each partition, whether it answers reads."""
        ...


COMMIT_LIMIT_MS = 5_000
"""How long recording may take from its beginning to its commit."""


@dataclass(frozen=True, slots=True)
class Submission:
    """An event for a ladder."""

    ladder: Ladder
    event: Event


@dataclass(frozen=True, slots=True)
class Recorded:
    """A submission that is committed: the player's standing with it, and whether it had been recorded before."""

    standing: Standing
    duplicate: bool
    improved: bool


class ScoreStore(Ranking, Protocol):
    """The durable truth: boards, events and standings."""

    async def board(self, slug: str) -> Board | None: ...

    async def create_board(self, slug: str, name: str, policy: Policy, order: Order, rank_style: RankStyle) -> Board:
        """Create a board. Raises `Conflict` where the slug is taken."""
        ...

    async def ladders(self) -> Sequence[Ladder]: ...

    async def record(self, submissions: Sequence[Submission]) -> Sequence[Recorded | LeaderForgeError]:
        """Commit the submissions together and return what became of each, in their order.

        One that cannot be recorded (`UserNotFound`, `ScoreOutOfRange`) does not keep the others from it. A
        submission id that the player already used on the ladder is a duplicate and changes nothing. A player may
        occur more than once.
        """
        ...

    async def standings(self, ladder: Ladder, user_ids: Collection[int]) -> Sequence[Standing]:
        """Return the standings of those of the players who have one, in no order."""
        ...

    async def metadata(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, str]:
        """Return the JSON metadata of those of the players whose standing has any."""
        ...

    def changed_between(self, since: int, until: int) -> AsyncIterator[tuple[Ladder, Sequence[Standing]]]:
        """Yield, in chunks, the standings with an event recorded at or after `since` and before `until`.

        An event is recorded at the time its transaction begins, and committed within `COMMIT_LIMIT_MS` if at all.
        """
        ...

    def all_standings(self, ladder: Ladder) -> AsyncIterator[Sequence[Standing]]:
        """Yield every standing of the ladder, in chunks, in no order, from one snapshot."""
        ...

    def all_names(self) -> AsyncIterator[Mapping[int, str]]:
        """Yield the names of all players, in chunks."""
        ...

    async def health(self) -> Mapping[str, bool]:
        """Return whether each database node answers, by its name. Never raises."""
        ...


@dataclass(frozen=True, slots=True)
class User:
    """A player. `email` is for operators only."""

    user_id: int
    username: str
    email: str | None
    created_at: int


class UserStore(Protocol):
    """The players."""

    async def create(self, users: Sequence[User]) -> Sequence[User | LeaderForgeError]:
        """Create players, each with its own outcome: `UserExists`, `UsernameTaken` or `EmailTaken` where refused.

        Names and emails are unique without regard to case (Unicode NFKC, case-folded).
        """
        ...

    async def get(self, user_ids: Collection[int]) -> Mapping[int, User]: ...

    async def by_name(self, usernames: Collection[str]) -> Mapping[str, User]:
        """Return those of the players with these names, by the name as given."""
        ...

    async def with_prefix(self, prefix: str, limit: int) -> Sequence[User]:
        """Return players whose names begin so, without regard to case, in order of name."""
        ...


EventTuple = tuple[int, UUID, int, int, str | None]
"""User id, submission id, score, time achieved, metadata: an `Event` without the cost of one."""


class HistoryLoader(Protocol):
    """Stores new players with all their events at once, for populating a store."""

    async def __call__(
        self,
        ladder: Ladder,
        users: Sequence[User],
        events: Iterable[EventTuple],
        standings: Iterable[Standing],
        recorded_at: int,
    ) -> None:
        """Store them together. Events must be distinct, and standings their fold, each with a revision."""
        ...


class Telemetry(Protocol):
    """Where measurements go."""

    def transaction(self, name: str) -> AbstractContextManager[None]:
        """Time what runs inside as one transaction of that name."""
        ...

    def timed(self, name: str) -> AbstractContextManager[None]:
        """Observe the seconds that what runs inside takes."""
        ...

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        """Add to a counter."""
        ...

    def observe(self, name: str, value: float) -> None:
        """Record one value of a distribution, in seconds, items or whatever the name says."""
        ...

    def gauge(self, name: str, value: float) -> None:
        """Set a value that goes up and down."""
        ...
