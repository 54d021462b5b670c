"""Listings of first entries as responses. The response stays the same object until the cached entries change."""

from functions.edge.context import Edge
from functions.edge.http.responses import Answer, answer_read
from functions.edge.wire.entries import render_listing, render_page
from leaderforge.domain.boards import Ladder
from leaderforge.services.query import first_page as first_page_of

MAX_CACHED = 100
"""Maximum entries of a first page from the top cache. For a longer page, which is rare, the cache would load 1000."""


async def top(edge: Edge, ladder: Ladder, limit: int) -> Answer:
    """Return the first entries of a ladder."""
    page = await edge.services.query.tops.get(ladder, limit)
    return edge.tops.answer(
        ladder, limit, page, lambda: answer_read(render_listing(ladder, page.entries[:limit], page.total), page)
    )


async def first_page(edge: Edge, ladder: Ladder, limit: int) -> Answer:
    """Return the first entries of a ladder with the cursor of the next page."""
    page = await edge.services.query.tops.get(ladder, limit)
    return edge.first_pages.answer(
        ladder, limit, page, lambda: answer_read(render_page(ladder, first_page_of(ladder, page, limit)), page)
    )
