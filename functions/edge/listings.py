"""Listings of entries as responses."""

from functions.edge.context import Edge
from functions.edge.http.responses import Answer, answer_read
from functions.edge.wire.entries import render_listing
from leaderforge.domain.boards import Ladder


async def top(edge: Edge, ladder: Ladder, limit: int) -> Answer:
    """Return the first entries of a ladder. While the cached entries are the same, return the same object."""
    page = await edge.services.query.tops.get(ladder, limit)
    return edge.tops.answer(
        ladder, limit, page, lambda: answer_read(render_listing(ladder, page.entries[:limit], page.total), page)
    )
