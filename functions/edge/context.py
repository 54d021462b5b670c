"""What the handlers of one application share."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request

from functions.edge.boards import BoardCache
from functions.edge.responses import Answer
from leaderforge.domain.boards import Ladder
from leaderforge.services.entries import Page
from leaderforge.wiring import Services

DEFAULT_BOARD = "default"

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
        self._boards = BoardCache(services.parts.store)

    async def ladder(self, slug: str) -> Ladder:
        """Return the ladder of the board's current period. Raises `BoardNotFound`."""
        return Ladder(await self._boards.get(slug))


def edge_of(request: Request) -> Edge:
    """Return the edge of the application that serves this request."""
    edge: Edge = request.app.state.edge
    return edge


TheEdge = Annotated[Edge, Depends(edge_of)]
"""A handler's parameter of this type is the application's edge."""
