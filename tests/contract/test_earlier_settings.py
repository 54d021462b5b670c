"""Contract of the earlier settings of boards: one suite over the in-memory and the real adapters."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.board_settings import changed_board
from leaderforge.domain.boards import Board, RankStyle
from leaderforge.domain.errors import Conflict, Refused
from leaderforge.domain.moments import Moments
from leaderforge.domain.tiers import Tier, TierLimit
from tests.contract.store_fixtures import Stores

NOON = 1_795_435_200_000
"""2026-11-23T12:00:00Z."""
MOMENTS = Moments(30, NOON, NOON, NOON)
TIERS = (
    (),
    (Tier("gold, ü", TierLimit.SCORE, Decimal(60)), Tier("others")),
    (Tier("first", TierLimit.RANK, Decimal(1)), Tier("upper", TierLimit.PERCENT, Decimal("12.5"))),
)


async def change(stores: Stores, board: Board, now: int, **settings: Any) -> Board:
    act = AuditEntry(now, "key:ops", "board.change", board.slug)
    return await stores.scores.change_board(board.slug, lambda stored: changed_board(stored, settings, now), act)


async def stored(stores: Stores, board: Board) -> Board:
    current = await stores.scores.board(board.slug)
    assert current is not None
    return current


def settings_at(board: Board, moment: int) -> tuple[RankStyle, Sequence[Tier]]:
    """Return the rank style and the tiers of a board at a moment (ms)."""
    past = board.as_of(moment)
    return past.rank_style, past.tiers


async def test_each_moment_has_the_settings_of_then(stores: Stores) -> None:
    """The reference is a list with the settings in each millisecond."""
    random, board = Random(1), await stores.board(moments=MOMENTS)
    timeline = [(board.rank_style, board.tiers)]
    for now in range(NOON + 1, NOON + 60):
        settings: dict[str, Any] = random.choice(
            [
                {},
                {"rank_style": random.choice(list(RankStyle))},
                {"tiers": random.choice(TIERS)},
                {"rank_style": random.choice(list(RankStyle)), "tiers": random.choice(TIERS)},
                {"unit": random.choice(["ms", "s"])},
            ]
        )
        changed = await change(stores, board, now, **settings)
        timeline.append((changed.rank_style, changed.tiers))
    current = await stored(stores, board)
    assert [settings_at(current, NOON + i) for i in range(len(timeline))] == timeline
    assert settings_at(current, NOON + 9_999) == timeline[-1]
    assert len(current.earlier_settings) == sum(a != b for a, b in pairwise(timeline)) > 9


async def test_concurrent_changes_all_have_their_earlier_settings(stores: Stores) -> None:
    board = await stores.board(moments=MOMENTS)
    await asyncio.gather(
        change(stores, board, NOON + 5, rank_style=RankStyle.SHARED), change(stores, board, NOON + 5, tiers=TIERS[1])
    )
    current = await stored(stores, board)
    assert [earlier.until for earlier in current.earlier_settings] == [NOON + 5, NOON + 5]
    assert settings_at(current, NOON + 4) == (RankStyle.ORDINAL, ())
    assert settings_at(current, NOON + 5) == (RankStyle.SHARED, TIERS[1])


async def test_a_refused_change_adds_no_earlier_settings(stores: Stores) -> None:
    board = await stores.board(moments=MOMENTS)
    with pytest.raises(Refused):
        await change(stores, board, NOON + 5, rank_style=RankStyle.SHARED, decimals=-1)

    def refuse(*_: object) -> None:
        raise Conflict("no change today", board=board.slug)

    act = AuditEntry(NOON, "key:ops", "board.change", board.slug)
    shared = {"rank_style": RankStyle.SHARED}
    with pytest.raises(Conflict):
        await stores.scores.change_board(board.slug, lambda b: changed_board(b, shared, NOON), act, refuse)
    assert await stored(stores, board) == board


async def test_boards_without_moments_have_no_earlier_settings(stores: Stores) -> None:
    board = await stores.board()
    changed = await change(stores, board, NOON, rank_style=RankStyle.SHARED)
    enabled = await change(stores, board, NOON + 1, rank_style=RankStyle.ORDINAL, moment_days=3)
    assert changed.earlier_settings == enabled.earlier_settings == ()
    assert (await change(stores, board, NOON + 2, tiers=TIERS[2])).earlier_settings
    assert (await change(stores, board, NOON + 3, moment_days=None)).earlier_settings == ()
    assert (await stored(stores, board)).earlier_settings == ()
