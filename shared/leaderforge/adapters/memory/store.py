"""The score store's twin: every event is kept, and every standing is their fold."""

from bisect import bisect_left
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import replace
from time import time_ns
from uuid import UUID

from leaderforge.adapters.memory.users import MemoryUserStore
from leaderforge.domain.boards import MAX_INTEGER, Board, Ladder, Order, Policy, RankStyle
from leaderforge.domain.errors import (
    Conflict,
    LeaderForgeError,
    ScoreOutOfRange,
    StoreUnavailable,
    UserNotFound,
)
from leaderforge.domain.merge import Counts, Row, Window
from leaderforge.domain.order import sort_key
from leaderforge.domain.standings import Standing, fold, improved
from leaderforge.ports import Clock, Recorded, Submission


def microseconds() -> int:
    """Return the time now, in microseconds since 1970."""
    return time_ns() // 1000


class MemoryScoreStore:
    """`ScoreStore` in dicts. While `available` is false, every call but `health` raises `StoreUnavailable`."""

    def __init__(self, users: MemoryUserStore, *, clock: Clock = microseconds) -> None:
        self.available = True
        self._users = users
        self._boards = {"default": Board(1, "default", "Default")}
        self._events: dict[tuple[int, int, UUID], Submission] = {}
        self._standings: dict[Ladder, dict[int, Standing]] = {}
        self._recorded_at: dict[tuple[int, int, UUID], int] = {}
        self._clock = clock
        self._revision = 0

    async def board(self, slug: str) -> Board | None:
        self._require_available()
        return self._boards.get(slug)

    async def create_board(self, slug: str, name: str, policy: Policy, order: Order, rank_style: RankStyle) -> Board:
        self._require_available()
        if slug in self._boards:
            raise Conflict(f"there is a board {slug!r} already", board=slug)
        self._boards[slug] = Board(len(self._boards) + 1, slug, name, policy, order, rank_style)
        return self._boards[slug]

    async def ladders(self) -> Sequence[Ladder]:
        self._require_available()
        return list(dict.fromkeys([*map(Ladder, self._boards.values()), *self._standings]))

    async def record(self, submissions: Sequence[Submission]) -> Sequence[Recorded | LeaderForgeError]:
        self._require_available()
        # First all are taken in, since each is told of the standing that all of them amount to.
        accepted = [self._accept(submission) for submission in submissions]
        return [
            duplicate if isinstance(duplicate, LeaderForgeError) else self._outcome(submission, duplicate)
            for submission, duplicate in zip(submissions, accepted, strict=True)
        ]

    async def standings(self, ladder: Ladder, user_ids: Collection[int]) -> Sequence[Standing]:
        held = self._ladder(ladder)
        return [held[i] for i in set(user_ids) if i in held]

    async def metadata(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, str]:
        return {s.user_id: s.metadata for s in await self.standings(ladder, user_ids) if s.metadata is not None}

    async def changed_between(self, since: int, until: int) -> AsyncIterator[tuple[Ladder, Sequence[Standing]]]:
        self._require_available()
        changed = {
            (s.ladder.board.id, s.event.user_id)
            for key, s in self._events.items()
            if since <= self._recorded_at[key] < until
        }
        for ladder, held in list(self._standings.items()):
            found = [s for i, s in held.items() if (ladder.board.id, i) in changed]
            if found:
                yield ladder, found

    async def all_standings(self, ladder: Ladder) -> AsyncIterator[Sequence[Standing]]:
        held = self._ladder(ladder)
        if held:
            yield list(held.values())

    async def all_names(self) -> AsyncIterator[Mapping[int, str]]:
        self._require_available()
        if self._users.by_id:
            yield {user_id: user.username for user_id, user in self._users.by_id.items()}

    async def health(self) -> Mapping[str, bool]:
        return {"postgres": self.available}

    async def rows(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, Row]:
        return {s.user_id: self._row(ladder, s) for s in await self.standings(ladder, user_ids)}

    async def counts(self, ladder: Ladder, bounds: Sequence[bytes]) -> Counts:
        keys = [row.key for row in self._rows(ladder)]
        return Counts(len(keys), [bisect_left(keys, bound) for bound in bounds])

    async def window(self, ladder: Ladder, bound: bytes, *, before: int, after: int) -> Window[Row]:
        rows = self._rows(ladder)
        above = sum(row.key < bound for row in rows)
        return Window(len(rows), above, rows[max(0, above - before) : above], rows[above : above + after])

    async def key_at(self, ladder: Ladder, rank: int) -> bytes | None:
        rows = self._rows(ladder)
        return rows[rank - 1].key if 1 <= rank <= len(rows) else None

    def _accept(self, submission: Submission) -> bool | LeaderForgeError:
        """Return whether the submission is a duplicate, or why it is refused."""
        user_id, key = submission.event.user_id, _key(submission)
        if user_id not in self._users.by_id:
            return UserNotFound(f"there is no player {user_id}", user_id=user_id)
        if key in self._events:
            if self._events[key].ladder != submission.ladder:
                return Conflict("the submission id belongs to another period", submission_id=key[2])
            return True
        self._events[key] = submission
        self._recorded_at[key] = self._clock() // 1000
        refusal = self._refold(submission.ladder, user_id)
        if refusal:
            del self._events[key]
        return refusal or False

    def _outcome(self, submission: Submission, duplicate: bool) -> Recorded:
        ladder, first = submission.ladder, self._events[_key(submission)].event
        standing = self._standings[ladder][first.user_id]
        return Recorded(standing, duplicate, improved(ladder.board.policy, ladder.board.order, first, standing))

    def _refold(self, ladder: Ladder, user_id: int) -> ScoreOutOfRange | None:
        """Recompute a standing from all of the player's events."""
        events = [s.event for s in self._events.values() if s.ladder == ladder and s.event.user_id == user_id]
        standing = fold(ladder.board.policy, ladder.board.order, events)
        if abs(standing.score) > MAX_INTEGER:
            return ScoreOutOfRange("the player's score would leave the range of +-(2^53 - 1)", user_id=user_id)
        self._revision = max(self._revision + 1, self._clock())
        self._standings.setdefault(ladder, {})[user_id] = replace(standing, revision=self._revision)
        return None

    def _ladder(self, ladder: Ladder) -> Mapping[int, Standing]:
        self._require_available()
        return self._standings.get(ladder, {})

    def _rows(self, ladder: Ladder) -> list[Row]:
        rows = (self._row(ladder, standing) for standing in self._ladder(ladder).values())
        return sorted(rows, key=lambda row: row.key)

    def _row(self, ladder: Ladder, standing: Standing) -> Row:
        return Row(
            key=sort_key(ladder.board.order, standing.score, standing.achieved_at, standing.user_id),
            submissions=standing.submissions,
            username=self._users.by_id[standing.user_id].username,
            has_metadata=standing.metadata is not None,
        )

    def _require_available(self) -> None:
        if not self.available:
            raise StoreUnavailable("the database cannot be reached")


def _key(submission: Submission) -> tuple[int, int, UUID]:
    return submission.event.user_id, submission.ladder.board.id, submission.event.submission_id
