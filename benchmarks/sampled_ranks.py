"""Comparison of ranks over HTTP with an order that one SQL statement computes."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import asyncpg
import httpx

from leaderforge.domain.chunks import chunks

PLAYERS_A_LOOKUP = 100
_WORK_MEMORY = "256MB"
_ORDER = """
    select user_id, place
    from (
        select user_id, row_number() over (order by score desc, achieved_at, user_id) as place
        from standings
        where board_id = 1 and period_id = 0 and submissions > 0 and hidden = 0
    ) as ordered
    where user_id = any ($1::bigint[])
"""
"""Places of players on the default board, from the columns of scores and times. The product's own statements use other
columns and an index.
"""


async def differing_ranks(facts: Mapping[str, Any], players: int, count: int) -> dict[str, int]:
    """Compare the ranks of `count` random players. Return the number of compared players, and of different ranks.

    No submissions may arrive meanwhile.
    """
    user_ids = Random(2).sample(range(1, players + 1), min(count, players))
    ranks, places = await ranks_of(facts, user_ids), await places_of(facts["postgres"], user_ids)
    return {"compared": len(places), "different": sum(ranks.get(user_id) != places[user_id] for user_id in places)}


async def ranks_of(facts: Mapping[str, Any], user_ids: Sequence[int]) -> dict[int, int]:
    """Return the ranks of players over HTTP. Players without a rank are absent."""
    ranks: dict[int, int] = {}
    async with httpx.AsyncClient(base_url=facts["api"], timeout=60) as client:
        for requested in chunks(user_ids, PLAYERS_A_LOOKUP):
            reply = await client.post("/api/boards/default/ranks/lookup", json={"user_ids": list(requested)})
            ranks |= {entry["user_id"]: entry["rank"] for entry in reply.raise_for_status().json()["entries"]}
    return ranks


async def places_of(dsn: str, user_ids: Sequence[int]) -> dict[int, int]:
    """Return the places of players by the SQL statement."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f"set work_mem = '{_WORK_MEMORY}'")
        return {row["user_id"]: row["place"] for row in await connection.fetch(_ORDER, user_ids)}
    finally:
        await connection.close()
