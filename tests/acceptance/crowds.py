"""Boards with many players on them."""

from leaderforge.cli.populate import fill
from leaderforge.cli.synthetic import chunks
from leaderforge.domain.boards import Ladder
from leaderforge.wiring import Services

UNTIL = 1_750_000_000_000


async def crowd(services: Services, players: int) -> Ladder:
    """Fill the board `default` with players from 1 on, who played twice each on average, and return its ladder."""
    board = await services.parts.store.board("default")
    assert board is not None
    ladder = Ladder(board)
    filled = await fill(services, ladder, list(chunks(players, 2 * players, 1, UNTIL)), lambda _: None)
    assert not filled.index_behind
    return ladder
