"""What the handlers of one application share."""

from collections.abc import Callable

from functions.edge.access.credentials import Credentials
from functions.edge.access.key_cache import KeyCache
from functions.edge.access.rate_limits import Limits
from functions.edge.board_cache import BoardCache
from functions.edge.http.responses import Answer
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.callers import Caller
from leaderforge.domain.errors import PeriodBuilding
from leaderforge.services.entries import Page
from leaderforge.services.ladders import CURRENT, Ladders
from leaderforge.wiring import Services

_MOST_RENDERED = 256


class RenderedTops:
    """The answers made from cached tops, each kept for as long as the cache holds that very page."""

    def __init__(self) -> None:
        self._answers: dict[tuple[Ladder, int], tuple[Page, Answer]] = {}

    def answer(self, ladder: Ladder, limit: int, page: Page, render: Callable[[], Answer]) -> Answer:
        """Return the answer made of this page before, or a new one."""
        held = self._answers.get((ladder, limit))
        if held is not None and held[0] is page:
            return held[1]
        if len(self._answers) >= _MOST_RENDERED:
            self._answers.clear()
        answer = render()
        self._answers[ladder, limit] = (page, answer)
        return answer


class Edge:
    """The services, and what the edge remembers between requests."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.tops = RenderedTops()
        self.keys = KeyCache(services.parts.keys, services.clock)
        self.credentials = Credentials(services.settings, self.keys, services.parts.tokens)
        limits = Limits(services.settings, services.parts.limiter, services.telemetry)
        self.limits = limits if limits else None
        self._boards = BoardCache(services.parts.store)
        self._ladders = Ladders(services.parts.store, services.clock)

    async def board(self, slug: str) -> Board:
        """Return a board to submit to, whoever asks, at most 5 s old. Raises `BoardNotFound` or `StoreUnavailable`."""
        return await self._boards.get_current(slug)

    def board_changed(self, slug: str) -> None:
        """Take note that a board was changed here."""
        self._boards.invalidate(slug)

    async def ladder(self, slug: str, caller: Caller, period: str = CURRENT) -> Ladder:
        """Return a board's ladder in a period, to be read by the caller.

        Raises `BoardNotFound`, `PeriodNotFound`, `PeriodBuilding`, and `Unauthenticated` or `Forbidden` where the board
        is private and not for the caller.
        """
        board = await self._boards.get(slug)
        caller.require_read(board)
        ladder = await self._ladders.get(board, period)
        if ladder.incomplete:
            raise PeriodBuilding(
                f"the period {ladder.period_name} of board {slug!r} is being completed from earlier scores",
                board=slug,
                period=ladder.period_name,
            )
        return ladder

    async def ladder_now(self, slug: str, period: str = CURRENT) -> Ladder:
        """Return a board's ladder in a period, whoever asks. Raises `BoardNotFound` or `PeriodNotFound`."""
        return await self._ladders.get(await self._boards.get(slug), period)
