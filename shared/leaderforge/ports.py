"""What the services need from the outside: every port on one page.

All calls raise `Unavailable` (`IndexUnavailable` or `StoreUnavailable`) when the part cannot answer within its
time limit. Times are milliseconds since 1970, UTC.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol, TypedDict
from uuid import UUID

from leaderforge.domain.api_keys import ApiKey
from leaderforge.domain.audit import Audited, AuditEntry, AuditFilter
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.callers import Caller
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.merge import Counts, Row, Window
from leaderforge.domain.order import FIRST
from leaderforge.domain.periods import Period
from leaderforge.domain.rates import Allowance, RateLimit
from leaderforge.domain.standings import Event, Standing
from leaderforge.domain.survey import Survey, VerificationState

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


class Applied(NamedTuple):
    """What applying a standing to the index did.

    `previous` is the player's key before, None for a new player. `above` counts the entries above the standing's
    rank bound afterwards, None unless asked for. It is `refused` for a removed standing of a higher revision.
    """

    key: bytes
    previous: bytes | None
    above: int | None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class LadderUpdate:
    """Standings of a ladder, one a player, that the index is to be brought up to; `count` as in `RankIndex.apply`."""

    ladder: Ladder
    standings: Sequence[Standing]
    count: bool = False


class IndexValue(NamedTuple):
    """A value that an index holds of a player on a ladder, also in the index's own form, which is handed back to it.

    A removed standing only keeps late updates away.
    """

    revision: int
    removed: bool
    value: Any


class NameSwap(NamedTuple):
    """The name to set in the place of the one observed; None stands for no name."""

    observed: str | None
    name: str | None


class CatchUps(NamedTuple):
    """The tokens of the catch-ups of an index that began last and that finished last, None where there was none."""

    begun: str | None
    finished: str | None


class RankIndex(Ranking, Protocol):
    """The sharded, rebuildable index.

    A partition answers reads only once it is marked complete; until then they raise `IndexUnavailable`.
    """

    @property
    def partitions(self) -> int: ...

    @property
    def disruptions(self) -> int:
        """How often a node may have lost writes, as far as this process saw: broken connections, takeovers of slots."""
        ...

    async def apply(self, ladder: Ladder, standings: Sequence[Standing], *, count: bool = False) -> Sequence[Applied]:
        """Bring the index up to these standings, one a player; older revisions than it holds change nothing.

        With `count`, every partition counts the entries above each standing, after all of them are applied. Should
        only the counting fail, `above` is None.
        """
        ...

    async def apply_all(self, updates: Sequence[LadderUpdate]) -> Sequence[Sequence[Applied]]:
        """Do as `apply` does on many ladders, in few round trips."""
        ...

    async def load(self, ladder: Ladder, standings: Sequence[Standing]) -> Collection[int]:
        """Apply many standings, one a player, without holding up others.

        Return the players whose standings were refused for a removed one of a higher revision.
        """
        ...

    async def differences(self, ladder: Ladder, standings: Sequence[Standing]) -> Sequence[int]:
        """Return the user ids of the standings that the index does not hold just so."""
        ...

    def keys(self, ladder: Ladder) -> AsyncIterator[Sequence[bytes]]:
        """Yield the sort keys of all entries, in chunks, in no order, a few perhaps twice."""
        ...

    async def observe(
        self, ladders: Sequence[Ladder], user_ids: Collection[int]
    ) -> Mapping[Ladder, Mapping[int, IndexValue]]:
        """Return the values that the index holds of these players, by ladder, for `mend`."""
        ...

    async def mend(
        self,
        ladder: Ladder,
        user_ids: Collection[int],
        standings: Sequence[Standing],
        observed: Mapping[int, IndexValue],
    ) -> Collection[int]:
        """Make the index hold just these standings of the players, each in one step, whatever their revisions.

        A player without a standing is removed. Where the index no longer holds the value observed, it is left as it
        is; return these players. Read the store after `observe`: then nothing newer is ever replaced.
        """
        ...

    async def names(self, user_ids: Collection[int]) -> Mapping[int, str]:
        """Return the names that the index has of those of the players."""
        ...

    async def swap_names(self, swaps: Mapping[int, NameSwap]) -> Collection[int]:
        """Replace the names that are still the ones observed; return the players who have another one by now."""
        ...

    async def add_names(self, names: Mapping[int, str]) -> None:
        """Set the names of those of the players of whom the index has none."""
        ...

    async def drop(self, ladder: Ladder) -> None:
        """Drop a ladder that is not needed any more."""
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

    async def begin_catch_up(self) -> str:
        """Note that a catch-up begins, and return its token."""
        ...

    async def finish_catch_up(self, token: str) -> bool:
        """Note that the catch-up is complete. Return False if another one began since, or the index was lost."""
        ...

    async def catch_ups(self) -> CatchUps:
        """Return the tokens of the catch-ups that began last and finished last."""
        ...

    async def lease(self, name: str, holder: str, seconds: float) -> bool:
        """Whether this holder has, or now takes, the named lease, so that one process of many does a job.

        No seconds give it back.
        """
        ...

    async def verification(self) -> VerificationState | None:
        """Return how far the verification of this index has come, as noted last."""
        ...

    async def note_verification(self, inspection: VerificationState) -> None:
        """Keep this for all processes, until the index is lost."""
        ...

    async def health(self) -> Sequence[bool]:
        """Return, for each partition, whether it answers reads."""
        ...

    async def survey(self, ladders: Sequence[Ladder]) -> Survey:
        """Return how the nodes and the partitions are, with the entries of these ladders. Never raises."""
        ...


@dataclass(frozen=True, slots=True)
class LadderChange:
    """That entries of a ladder changed, at sort keys from `best` on; `grown`: that their number may have changed, too.

    Without a period, it speaks of every ladder of the board; without a board, of all ladders there are.
    """

    best: bytes = FIRST
    grown: bool = True
    board_id: int | None = None
    period: int | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """Changes that other processes announced, and a time: what they announced until then has been heard by now."""

    changes: Sequence[LadderChange] = ()
    until: int | None = None


class ChangeFeed(Protocol):
    """How processes tell one another which ladders changed. Nothing is kept: who does not listen misses it."""

    async def announce(self, changes: Sequence[LadderChange]) -> None:
        """Tell every process that listens."""
        ...

    def hear(self, clock: Clock) -> AsyncGenerator[Heard, None]:
        """Yield what is announced through other feeds, and several times a second until when that is everything.

        The first one yielded has no changes; everything after its `until` is heard. Raises `IndexUnavailable` as soon
        as something might have been missed.
        """
        ...


COMMIT_LIMIT_MS = 5_000
"""How long recording may take from its beginning to its commit."""


class Submission(NamedTuple):
    """An event and the ladders it counts in, at least one and all of one board, of which the first is the main one."""

    ladders: Sequence[Ladder]
    event: Event

    @property
    def board(self) -> Board:
        """The board it is for."""
        return self.ladders[0].board


class Recorded(NamedTuple):
    """A submission that is committed: the ladders it counts in, and the player's standing on each with it.

    A duplicate had been recorded before: then the ladders are those it counted in. Those that the index does not hold
    any more are not `indexed`.
    """

    ladders: Sequence[Ladder]
    standings: Sequence[Standing]
    duplicate: bool
    improved: bool

    @property
    def standing(self) -> Standing:
        """The standing on the main ladder."""
        return self.standings[0]


@dataclass(frozen=True, slots=True)
class DeletedBoard:
    """A board that was deleted at a time, and the ladders that it may have had."""

    board: Board
    ladders: Sequence[Ladder]
    deleted_at: int


class BoardMaintenanceStore(Protocol):
    """What is done for boards in the background, in pieces that can be repeated."""

    async def boards_to_backfill(self) -> Sequence[Board]:
        """Return the boards with periods that are incomplete."""
        ...

    def players_between(self, board: Board, period: Period) -> AsyncIterator[Sequence[int]]:
        """Yield, in chunks, the players who have events on the board in the period."""
        ...

    async def refold(self, ladder: Ladder, user_ids: Sequence[int]) -> Sequence[Standing]:
        """Make the standings of these players what all their events in the ladder's period amount to.

        Return them with the revisions they got. Exact beside submissions that count in the ladder.
        """
        ...

    async def finish_backfill(self, board: Board) -> bool:
        """Take the board's periods for complete, unless it has got others to complete since; return whether so."""
        ...

    async def deleted_boards(self) -> Sequence[DeletedBoard]:
        """Return the boards that are deleted and not yet purged."""
        ...

    def players_on(self, board: Board) -> AsyncIterator[Sequence[int]]:
        """Yield, in chunks, the players of whom a board holds anything."""
        ...

    async def purge(self, board: Board, user_ids: Sequence[int]) -> None:
        """Remove the standings and events of these players from a deleted board."""
        ...

    async def forget_board(self, board: Board) -> None:
        """Remove a deleted board that holds nothing any more."""
        ...


class PendingProcess(NamedTuple):
    """A process that has declared pending index updates, and how long ago it last did so, by the store's clock."""

    process_id: UUID
    age_ms: int


class PendingProcesses(Protocol):
    """The processes that hold committed changes which the index lacks.

    A process declares itself before it acknowledges such a change, and withdraws once the index has it.
    """

    async def declare(self, process_id: UUID) -> None:
        """Declare that the process holds pending updates, or that it still does."""
        ...

    async def withdraw(self, process_ids: Collection[UUID], *, older_than_ms: int = 0) -> None:
        """Remove the declarations of these processes that are at least so old."""
        ...

    async def declared(self) -> Sequence[PendingProcess]:
        """Return all declarations."""
        ...


class ScoreStore(Ranking, BoardMaintenanceStore, Protocol):
    """The durable truth: boards, events and standings."""

    async def board(self, slug: str) -> Board | None: ...

    async def boards(self) -> Sequence[Board]:
        """Return all boards, in the order of their creation."""
        ...

    async def boards_named(self, slugs: Collection[str]) -> Mapping[str, Board]:
        """Return those of the boards that there are, by name."""
        ...

    async def create_board(self, board: Board, act: AuditEntry | None = None) -> Board:
        """Create a board like this one, note the act, and return the board with its id. Raises `BoardExists`."""
        ...

    async def change_board(self, slug: str, change: Callable[[Board], Board], act: AuditEntry) -> Board:
        """Make of a board what `change` makes of it, with no other change in between, and note the act.

        What `change` raises is raised, and nothing changed. Raises `BoardNotFound`.
        """
        ...

    async def delete_board(self, slug: str, act: AuditEntry) -> Board:
        """Make a board disappear, note the act, and return it. What it holds stays, out of reach, to be purged.

        Raises `BoardNotFound`.
        """
        ...

    async def ladders(self) -> Sequence[Ladder]:
        """Return every ladder that the index is to hold."""
        ...

    async def ladders_of(self, board: Board) -> Sequence[Ladder]:
        """Return the ladders of those of the board's periods in which anything was counted, the latest first."""
        ...

    async def find_ladders(self, ladders: Collection[Ladder]) -> Collection[Ladder]:
        """Return these ladders of past periods, each `indexed` or not, without those in which nothing was counted."""
        ...

    async def record(self, submissions: Sequence[Submission]) -> Sequence[Recorded | LeaderForgeError]:
        """Commit the submissions together and return what became of each, in their order.

        One that cannot be recorded (`PlayerNotFound`, `ScoreOutOfRange`, `RuleViolated`) does not keep the others
        from it. A submission id that the player already used on the board is a duplicate and changes nothing. A
        player may occur more than once.
        """
        ...

    async def standings(self, ladder: Ladder, user_ids: Collection[int]) -> Sequence[Standing]:
        """Return the standings of those of the players who have one, in no order."""
        ...

    async def standings_of(self, user_ids: Collection[int]) -> Sequence[tuple[Ladder, Sequence[Standing]]]:
        """Return the standings of these players on every ladder that the index is to hold, by ladder."""
        ...

    async def metadata(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, str]:
        """Return the JSON metadata of those of the players whose standing has any."""
        ...

    def changed_between(self, since: int, until: int) -> AsyncIterator[tuple[Ladder, Sequence[Standing]]]:
        """Yield, in chunks, the standings that an event recorded at or after `since` and before `until` changed.

        So did whatever else changed the standings of players since then (see `touched_between`). An event is recorded
        at the time its transaction begins, and committed within `COMMIT_LIMIT_MS` if at all.
        """
        ...

    async def touched_between(self, since: int, until: int) -> Collection[int]:
        """Return the players who were renamed, erased or moderated at or after `since` and before `until`."""
        ...

    async def forget_touches(self, before: int) -> None:
        """Forget who was renamed, erased or moderated before that."""
        ...

    def all_standings(self, ladder: Ladder) -> AsyncIterator[Sequence[Standing]]:
        """Yield every standing of the ladder, in chunks, in no order, from one snapshot."""
        ...

    def standings_on(self, ladders: Sequence[Ladder]) -> AsyncIterator[tuple[Ladder, Sequence[Standing]]]:
        """Yield every standing of some ladders, in chunks of one ladder each, in no order, from one snapshot."""
        ...

    def all_names(self) -> AsyncIterator[Mapping[int, str]]:
        """Yield the names of all players, in chunks."""
        ...

    async def health(self) -> Mapping[str, bool]:
        """Return whether each database node answers, by its name. Never raises."""
        ...


LadderStanding = tuple[Ladder, Standing]
"""A standing and the ladder it is on."""


class Moderation(Protocol):
    """Hiding, removing and setting standings, each written to the audit log in the same transaction.

    Submissions that are under way count before or after it as a whole. All changes return the player's standings as
    they are then, also those on ladders that are not indexed, and raise `PlayerNotFound`.
    """

    async def set_entry_hidden(
        self, board: Board, user_id: int, hidden: bool, act: AuditEntry
    ) -> Sequence[LadderStanding]:
        """Hide or show a player's standings in all periods of a board. Raises `NotRanked` where there is none."""
        ...

    async def set_player_hidden(self, user_id: int, hidden: bool, act: AuditEntry) -> Sequence[LadderStanding]:
        """Hide or show a player on all boards, also on those it enters later."""
        ...

    async def remove(self, board: Board, user_id: int, act: AuditEntry) -> Sequence[LadderStanding]:
        """Void a player's events on a board, and remove its standings in the periods that are not over by then.

        What is submitted later counts from nothing. Raises `NotRanked` where there is no such standing.
        """
        ...

    async def remove_from(self, ladder: Ladder, user_id: int, act: AuditEntry) -> Sequence[LadderStanding]:
        """Remove a player's standing in one period and nothing else. Raises `NotRanked` where there is none."""
        ...

    async def set_score(self, submission: Submission, act: AuditEntry) -> Sequence[LadderStanding]:
        """Remove what `remove` does, if anything, and count this submission, whose id must be new, by no rule."""
        ...

    async def hidden(self, ladder: Ladder, limit: int, after: int | None = None) -> Sequence[Standing]:
        """Return hidden standings of a ladder by their players' ids, of those after a player."""
        ...


@dataclass(frozen=True, slots=True)
class Player:
    """A player. `email` is for operators only."""

    user_id: int
    username: str
    email: str | None
    created_at: int


class ProfileChange(TypedDict, total=False):
    """What is to change of a player: what is absent stays, and no email takes the email away."""

    username: str
    email: str | None


class PlayerStore(Protocol):
    """The players."""

    async def create(self, users: Sequence[Player]) -> Sequence[Player | LeaderForgeError]:
        """Create players, each with its own outcome: `PlayerExists`, `UsernameTaken` or `EmailTaken` where refused.

        Names and emails are unique without regard to case (Unicode NFKC, case-folded).
        """
        ...

    async def change(self, user_id: int, changes: ProfileChange, act: AuditEntry) -> Player:
        """Change a player's name or email and return the player as it is then; what it had is free for others.

        The act is written to the audit log in the same transaction. Raises `PlayerNotFound`, and `UsernameTaken` or
        `EmailTaken` where refused.
        """
        ...

    async def get(self, user_ids: Collection[int]) -> Mapping[int, Player]: ...

    async def following(self, user_id: int | None, limit: int) -> Sequence[int]:
        """Return the ids of so many players after this one, or of the first, in ascending order."""
        ...

    async def by_name(self, usernames: Collection[str]) -> Mapping[str, Player]:
        """Return those of the players with these names, by the name as given."""
        ...

    async def with_prefix(self, prefix: str, limit: int) -> Sequence[Player]:
        """Return players whose names begin so, without regard to case, in order of name."""
        ...


@dataclass(frozen=True, slots=True)
class KeptPeriod:
    """A period's ladder, and how far its end has come.

    Since `retired_at` the index is not asked for it any more, and since `expired_at` nobody reads it, in ms since 1970.
    """

    ladder: Ladder
    retired_at: int | None = None
    expired_at: int | None = None


class PeriodStore(Protocol):
    """The periods of boards in which anything was counted. Acts can be repeated."""

    async def periods(self, board: Board, limit: int, before: int | None = None) -> Sequence[Ladder]:
        """Return a board's periods of lower numbers than `before`, those that start the latest first."""
        ...

    async def undropped(self, boards: Sequence[Board]) -> Sequence[KeptPeriod]:
        """Return those of these boards that the index may have something of."""
        ...

    async def old(self, board: Board, before: int, limit: int) -> Sequence[KeptPeriod]:
        """Return a board's periods of lower numbers than `before` that the index has nothing of, the oldest first."""
        ...

    async def retire(self, ladder: Ladder, at: int) -> None:
        """Have the store answer for a period, for ever, in the place of the index."""
        ...

    async def note_dropped(self, ladder: Ladder) -> None:
        """Take note that the index has nothing of a period that is retired."""
        ...

    async def expire(self, ladder: Ladder, at: int) -> None:
        """Put a period out of reach."""
        ...

    async def remove(self, ladder: Ladder, limit: int) -> int:
        """Remove up to `limit` standings of a period and return how many there were; if none, forget the period."""
        ...


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """A submission of a player, and the score and subscore that it and those of earlier times amount to.

    `submitted` is its own score; `at` is its time in ms since 1970.
    """

    at: int
    submission_id: UUID
    submitted: int
    score: int
    subscore: int


@dataclass(frozen=True, slots=True)
class PlayedLadder:
    """A ladder that a player has a standing on, and whether that is hidden."""

    ladder: Ladder
    hidden: bool


class HistoryStore(Protocol):
    """What players did before. Each call reads what is of that player alone."""

    async def points(
        self, board: Board, user_id: int, limit: int, before: tuple[int, UUID] | None = None
    ) -> Sequence[HistoryPoint]:
        """Return the player's latest submissions on a board, or the latest before a time and id, latest first."""
        ...

    async def played(self, board: Board, user_id: int, limit: int) -> Sequence[PlayedLadder]:
        """Return the ladders that the player has a standing on: that of all time, then the latest periods first."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """An event as the store keeps it: its board's name, when it was recorded, and whether a moderator voided it.

    The board is None where it is no more.
    """

    board: str | None
    event: Event
    recorded_at: int
    void: bool


@dataclass(frozen=True, slots=True)
class Erased:
    """Numbers of erased events and standings, and of anonymised audit entries.

    `removed` has the erased standings as removed ones, with higher revisions: in the index they keep late updates away.
    """

    events: int
    standings: int
    acts: int
    removed: Sequence["LadderStanding"] = field(default=(), compare=False)

    def noted_in(self, act: AuditEntry) -> AuditEntry:
        """Return the act with these numbers among its details."""
        counts = {"events": self.events, "standings": self.standings, "acts": self.acts}
        return replace(act, details={**act.details, **counts})


class PlayerRecords(Protocol):
    """All that the store has about one player."""

    async def standings(self, user_id: int) -> Sequence[LadderStanding]:
        """Return the player's standings on all boards and in all periods."""
        ...

    def events(self, user_id: int) -> AsyncIterator[Sequence[Kept]]:
        """Yield all the player's events, also void ones, in chunks, those of one board together."""
        ...

    async def erase(self, user_id: int, act: AuditEntry) -> Erased:
        """Erase a player and everything about it, in one transaction, and return how much that was.

        The act, with these numbers, is written to the audit log, where older acts do not tell any more whom they
        concerned, nor why. Raises `PlayerNotFound`.
        """
        ...


class KeyStore(Protocol):
    """The API keys. Each change is written to the audit log in the same transaction."""

    async def create(self, key: ApiKey, act: AuditEntry) -> None:
        """Create a key. Raises `KeyNameTaken`; names of revoked keys stay taken."""
        ...

    async def keys(self) -> Sequence[ApiKey]:
        """Return all keys, by name, the revoked ones too."""
        ...

    async def valid(self, now: int) -> Sequence[ApiKey]:
        """Return the keys that are not revoked; their `replaced` is None once that has ended."""
        ...

    async def rotate(self, name: str, digest: bytes, replaced_until: int, act: AuditEntry) -> ApiKey:
        """Give a key another digest; the one it had stays valid until then. One replaced before that ends now.

        Raises `KeyNotFound`, and `KeyRevoked` where it is.
        """
        ...

    async def revoke(self, name: str, act: AuditEntry) -> ApiKey:
        """Make a key invalid at the time of the act; once revoked it stays as it is. Raises `KeyNotFound`."""
        ...


class AuditLog(Protocol):
    """Who did what. Adapters write to it in the transaction of the act itself."""

    async def record(self, entry: AuditEntry) -> None: ...

    async def entries(
        self, wanted: AuditFilter, limit: int, before: tuple[int, int] | None = None
    ) -> Sequence[Audited]:
        """Return the latest such acts, newest first, of those before a place in the log."""
        ...


class TokenVerifier(Protocol):
    """Tells whose a player's token is."""

    async def caller(self, token: str) -> Caller:
        """Return the player. Raises `Unauthenticated`, and `Unavailable` while the issuer's keys cannot be had."""
        ...


class RateLimiter(Protocol):
    """Counts requests for all processes together."""

    async def take(self, subject: str, limit: RateLimit) -> Allowance:
        """Count a request of the subject, unless it is one too many. Raises `IndexUnavailable`."""
        ...


EventTuple = tuple[int, UUID, int, int, str | None]
"""User id, submission id, score, time achieved, metadata: an `Event` without the cost of one."""


class HistoryLoader(Protocol):
    """Stores new players with all their events at once, for populating a store."""

    async def __call__(
        self,
        ladder: Ladder,
        users: Sequence[Player],
        events: Iterable[EventTuple],
        standings: Iterable[Standing],
        recorded_at: int,
    ) -> None:
        """Store them together. Events must be distinct, and standings their fold, each with a revision."""
        ...


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A queued submission that was not counted, and why. `receipt` names it to its queue."""

    body: str
    reason: str
    receipt: str


class SubmissionQueue(Protocol):
    """Where submissions wait for being counted, and those that could not be. Calls raise `QueueUnavailable`."""

    async def put(self, bodies: Sequence[str]) -> None:
        """Queue submissions. Should it fail, some may have been queued."""
        ...

    async def bury(self, body: str, reason: str) -> None:
        """Put a submission that cannot be counted among the dead letters."""
        ...

    async def dead_letters(self) -> Sequence[DeadLetter]:
        """Return some of the dead letters, none if there are no more; what is returned is hidden for a while."""
        ...

    async def forget(self, letter: DeadLetter) -> None:
        """Remove a dead letter."""
        ...

    async def close(self) -> None: ...


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
