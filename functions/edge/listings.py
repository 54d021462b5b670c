"""Listings of entries as answers."""

from functions.edge import rendering
from functions.edge.context import Edge
from functions.edge.http.responses import Answer, read
from leaderforge.domain.boards import Ladder
from leaderforge.services.entries import Page


async def top(edge: Edge, ladder: Ladder, limit: int) -> Answer:
    """Return the first entries of a ladder; the very same answer for as long as they are the same in the cache."""
    page = await edge.services.query.tops.get(ladder, limit)
    return edge.tops.answer(ladder, limit, page, lambda: listing(ladder, page, limit))


def listing(ladder: Ladder, page: Page, limit: int | None = None) -> Answer:
    """Return a page's entries and total, at most `limit` of the entries."""
    content = rendering.listing(ladder, page.entries[:limit], page.total)
    return read(content, rendering.time_text(page.as_of), page.source)
