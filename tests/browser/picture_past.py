"""Invented past of a board that keeps its past standings, because the product of the pictures is minutes old."""

import asyncio
import math
import time
from collections.abc import Sequence
from typing import Any

import asyncpg
import httpx

from leaderforge.domain.moments import revision_at
from leaderforge.domain.order import Order, ranked_score

CLIMB = {"board": "climb", "name": "Tower climb", "policy": "latest", "moment_days": 30}
DAYS = 21
"""Days of the invented past."""
BEGUN_S = 120
"""Maximum time in s until the board has its first moment."""

_DAY_MS = 86_400_000
_POLL_S = 0.1
_INSERT = """
insert into past_standings
select user_id, board_id, period_id, $3, $4, subranked, $5, submissions, hidden, has_metadata, run_id
from past_standings where board_id = $1 and user_id = $2
order by revision desc limit 1
"""


async def climb(facts: dict[str, Any], hero: int, rivals: Sequence[int]) -> None:
    """Create a board with past standings on which the hero has overtaken the rivals, with ups and downs."""
    headers = {"Authorization": f"Bearer {facts['admin_key']}"}
    scores = {hero: 3_050} | {user_id: 1_000 + 150 * place for place, user_id in enumerate(rivals)}
    async with httpx.AsyncClient(base_url=facts["api"], headers=headers, timeout=60) as api:
        (await api.post("/api/boards", json=CLIMB)).raise_for_status()
        submissions = [{"user_id": user_id, "score": score} for user_id, score in scores.items()]
        sent = await api.post("/api/boards/climb/scores/batch", json={"submissions": submissions})
        sent.raise_for_status()
    connection = await asyncpg.connect(facts["postgres"])
    try:
        await _invent(connection, scores, hero)
    finally:
        await connection.close()


async def _invent(connection: asyncpg.Connection, scores: dict[int, int], hero: int) -> None:
    board = await _begun(connection)
    now = int(time.time() * 1000)
    async with connection.transaction():
        for day in range(DAYS, 0, -1):
            at = now - day * _DAY_MS
            for user_id, score in scores.items():
                past = _past_score(score, day, is_hero=user_id == hero)
                await connection.execute(_INSERT, board, user_id, revision_at(at), ranked_score(Order.DESC, past), at)
        begun = now - DAYS * _DAY_MS
        await connection.execute("update boards set moments_since = $2 where board_id = $1", board, begun)


def _past_score(score: int, day: int, *, is_hero: bool) -> int:
    """Return the score of a player `day` days ago. The hero's score has risen since then by more than other scores."""
    swing = round(90 * math.sin(score + day / 2))
    return score - (110 * day if is_hero else 12 * day) + swing


async def _begun(connection: asyncpg.Connection) -> int:
    """Wait for the board's first moment, and return the board's id.

    Maintenance would overwrite past standings that are invented before this moment.
    """
    async with asyncio.timeout(BEGUN_S):
        while True:
            row = await connection.fetchrow(
                "select board_id, moments_since from boards where slug = $1 and not deleted", CLIMB["board"]
            )
            if row["moments_since"] is not None:
                return int(row["board_id"])
            await asyncio.sleep(_POLL_S)
