"""State that the handlers of one application share."""

import asyncio
from collections.abc import Callable
from functools import lru_cache

from functions.edge.access.credentials import CallerResolver
from functions.edge.access.key_cache import KeyCache
from functions.edge.access.rate_limits import RateLimits
from functions.edge.access.sign_in import SignIn
from functions.edge.board_cache import BoardCache
from functions.edge.http.lines import OpenStreams
from functions.edge.http.responses import Answer
from functions.edge.http.upload_slots import UploadSlots
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.callers import ANONYMOUS, Caller
from leaderforge.domain.errors import LeaderForgeError, PeriodBuilding, Refused
from leaderforge.domain.moments import require_moment
from leaderforge.domain.segments import Segment
from leaderforge.services.entries import Page
from leaderforge.services.freezing import as_frozen, at_moment, frozen_at
from leaderforge.services.ladders import CURRENT, Ladders
from leaderforge.wiring import Services

_MAX_RENDERED = 256
"""Maximum number of rendered tops in memory. Each has up to 1000 entries: about 150 kB."""

_MAX_STREAMS = 64
"""Maximum streams of submissions that a process reads. Each has up to 1500 lines in memory."""


class RenderedTops:
    """Cache of rendered first entries. An answer is valid while the top cache returns the same page object."""

    def __init__(self) -> None:
        self._answers: dict[tuple[Ladder, int], tuple[Page, Answer]] = {}

    def answer(self, ladder: Ladder, limit: int, page: Page, render: Callable[[], Answer]) -> Answer:
        """Return the answer that was rendered from the same page object before. Otherwise, render an answer."""
        rendered = self._answers.get((ladder, limit))
        # A comparison by identity suffices, because the cache returns the same object until its next load.
        if rendered is not None and rendered[0] is page:
            return rendered[1]
        if len(self._answers) >= _MAX_RENDERED:
            # Drop all answers: the next read of each top costs only one rendering.
            self._answers.clear()
        answer = render()
        self._answers[ladder, limit] = (page, answer)
        return answer


class Edge:
    """Services, and the caches of the edge.

    The `readable_...` methods check the caller's rights. The `..._unchecked` methods do not: their callers must check
    the rights.
    """

    def __init__(self, services: Services) -> None:
        self.services = services
        self.tops = RenderedTops()
        self.first_pages = RenderedTops()
        self.uploads = UploadSlots()
        # Without an identity provider, skip the query of sessions.
        people = None if services.settings.oidc_issuer is None else services.parts.people
        self.keys = KeyCache(services.parts.keys, services.clock, people=people)
        sign_in = SignIn(services.players.ids, creates=services.settings.create_players)
        self.callers = CallerResolver(services.settings, self.keys, services.access.tokens, sign_in)
        rate_limits = RateLimits(services.settings, services.parts.limiter, services.telemetry)
        # None if no limit is set. Requests then skip the limiter entirely.
        self.rate_limits = rate_limits if rate_limits else None
        self.streams = OpenStreams(_MAX_STREAMS)
        self._boards = BoardCache(services.parts.store)
        self._ladders = Ladders(services.parts.store, services.clock)

    async def warm(self) -> None:
        """Load the API keys, and the signing keys if players have tokens of this service.

        Requests wait for a load of keys for a short time only. Without this call, a new process on a busy machine would
        answer its first requests with 503. If the store does not answer now, requests load the keys.
        """
        loads = [self.keys.load()]
        if self.services.parts.signer is not None:
            loads.append(self.services.access.signing_keys.load())
        for failure in await asyncio.gather(*loads, return_exceptions=True):
            if isinstance(failure, BaseException) and not isinstance(failure, LeaderForgeError):
                raise failure

    async def readable_board(self, slug: str, caller: Caller) -> Board:
        """Return a board, at most 5 s old unless the store is unavailable.

        Raises `BoardNotFound`, and `Unauthenticated` or `Forbidden` if the caller may not read the board.
        """
        board = await self._boards.get(slug)
        caller.require_read(board)
        return board

    async def readable_board_now(self, slug: str, caller: Caller) -> Board:
        """Return the board from the store, not from the cache. Raises like `readable_board`, and `StoreUnavailable`."""
        board = await self.services.boards.get(slug)
        caller.require_read(board)
        return board

    async def readable_ladder(
        self,
        slug: str,
        caller: Caller,
        period: str = CURRENT,
        segment: Segment | None = None,
        *,
        at: int | None = None,
        user_id: int | None = None,
    ) -> Ladder:
        """Return the ladder of a board in a period, restricted to a segment if there is one, at a moment `at` (ms).

        A frozen board is read at the moment of the freeze, but as of now by viewers, and by player `user_id` (own
        entry).

        Raises `BoardNotFound`, `PeriodNotFound`, `PeriodBuilding` or `MomentNotFound`. Raises `Unauthenticated` or
        `Forbidden` if the caller may not read the board, and `Refused` if the board has no segments by the attribute.
        """
        board = await self._boards.get(slug)
        caller.require_read(board)
        return self.seen_at(await self.ladder_of(board, period, segment), caller, at, user_id=user_id)

    def seen_at(self, ladder: Ladder, caller: Caller, at: int | None, *, user_id: int | None = None) -> Ladder:
        """Return a ladder as the caller sees it, at a moment `at` (ms) or now.

        Raises `Refused` if the moment is too recent, and `MomentNotFound` if its states or segments are not stored.
        """
        board, now = ladder.board, self.services.clock()
        if at is None:
            return as_frozen(ladder, caller, now, user_id)
        frozen = frozen_at(board, caller, now, user_id)
        moment = at if frozen is None else min(at, frozen)
        if moment != frozen:
            require_moment(board.slug, board.moments, moment, now, board.frozen_at)
        return at_moment(ladder, moment)

    async def ladder_of(self, board: Board, period: str, segment: Segment | None = None) -> Ladder:
        """Return the ladder of a readable board in a period, restricted to a segment if there is one.

        Raises `PeriodNotFound` or `PeriodBuilding`, and `Refused` if the board has no segments by the attribute.
        """
        ladder = _complete(await self._ladders.get(board, period))
        return ladder if segment is None else _within(ladder, segment)

    async def ladder_again(self, ladder: Ladder) -> Ladder:
        """Return a ladder that was found earlier, with its present `indexed`. Raises like `Ladders.again`."""
        return await self._ladders.again(ladder, await self._boards.get(ladder.board.slug))

    async def board_unchecked(self, slug: str) -> Board:
        """Return a board, at most 5 s old, without a check of rights. Raises `BoardNotFound` or `StoreUnavailable`."""
        return await self._boards.get_current(slug)

    async def ladder_unchecked(self, slug: str, period: str = CURRENT, segment: Segment | None = None) -> Ladder:
        """Return the ladder of a board in a period without a check of rights, restricted to a segment if there is one.

        On a frozen board, the ladder is at the moment of the freeze.

        Raises `BoardNotFound`, `PeriodNotFound` or `Refused`.
        """
        ladder = await self._ladders.get(await self._boards.get(slug), period)
        return as_frozen(ladder if segment is None else _within(ladder, segment), ANONYMOUS, self.services.clock())

    def board_changed(self, slug: str) -> None:
        """Invalidate the cached board after a change in this process."""
        self._boards.invalidate(slug)
        self.services.teams.scores.boards_changed()


def _within(ladder: Ladder, segment: Segment) -> Ladder:
    """Return the ladder restricted to the segment. Raises `Refused` if the board lacks the segment's attribute."""
    names = ladder.board.segments
    if segment.attribute not in names:
        slug = ladder.board.slug
        advice = f"use one of {', '.join(names)}" if names else "it has no segments"
        raise Refused(f"segment: board {slug!r} is not divided by {segment.attribute!r}; {advice}", board=slug)
    return ladder._replace(board=_without_tiers(ladder.board), segment=segment)


@lru_cache(256)
def _without_tiers(board: Board) -> Board:
    """Return the board without tiers. The cache returns the same object for equal boards."""
    return board.without_tiers()


def _complete(ladder: Ladder) -> Ladder:
    """Return the ladder itself. Raises `PeriodBuilding` during the backfill of its period."""
    if ladder.incomplete:
        slug, period = ladder.board.slug, ladder.period_name
        raise PeriodBuilding(
            f"period {period} of board {slug!r} is being computed from earlier scores; retry later",
            board=slug,
            period=period,
        )
    return ladder
