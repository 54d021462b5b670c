"""Boards with many players."""

from leaderforge.cli.populate import fill
from leaderforge.cli.synthetic import chunks
from leaderforge.domain.boards import Ladder
from leaderforge.wiring import Services

UNTIL = 1_750_000_000_000


async def crowd(services: Services, players: int) -> Ladder:
    """Fill the board `default` with players, and return its ladder.

    Players have ids from 1 and two submissions each on average.
    """
    board = await services.parts.store.board("default")
    assert board is not None
    ladder = Ladder(board)
    filled = await fill(services, ladder, list(chunks(players, 2 * players, 1, UNTIL)), lambda _: None)
    assert not filled.index_behind
    return ladder
