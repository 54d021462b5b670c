"""Demo players and scores for a new store."""

import time
from collections.abc import Mapping
from contextlib import suppress

from leaderforge.cli.populate import fill as populate
from leaderforge.cli.synthetic import chunks
from leaderforge.cli.target import board_named
from leaderforge.config import EnvironmentSettings
from leaderforge.domain.board_settings import DEFAULT_BOARD
from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import Refused
from leaderforge.wiring import build

PLAYERS = 10_000
SESSIONS = 50_000
_SEED = 1


async def fill(environment: Mapping[str, str]) -> bool:
    """Fill the default board with demo players and scores, unless it has scores. Return whether it had no scores."""
    product = build(EnvironmentSettings.from_environment({**environment, "LEADERFORGE_LOG_LEVEL": "warning"}))
    try:
        target = Ladder(await board_named(product, DEFAULT_BOARD))
        is_empty = (await product.parts.store.counts(target, [])).total == 0
        if is_empty:
            plans = list(chunks(PLAYERS, SESSIONS, _SEED, time.time_ns() // 1_000_000))
            with suppress(Refused):  # players with these ids exist already
                await populate(product, target, plans, lambda _: None)
        return is_empty
    finally:
        await product.close()
