"""Lookup of the Citus workers that store given players."""

from random import Random

import pytest

from leaderforge.adapters.postgres.workers import Workers, hash_of
from leaderforge.domain.boards import MAX_INTEGER
from tests.contract.store_fixtures import Database


@pytest.mark.parametrize("database", ["postgres", "citus"], indirect=True)
async def test_the_hash_is_that_of_the_database(database: Database) -> None:
    random = Random(1)
    user_ids = [0, 1, -1, 2**31, 2**32, MAX_INTEGER, *(random.randint(-MAX_INTEGER, MAX_INTEGER) for _ in range(2000))]
    rows = await database.pool.fetch("select hashint8(i) as hash from unnest($1::bigint[]) as i", user_ids)
    assert [hash_of(user_id) for user_id in user_ids] == [row["hash"] for row in rows]


async def test_players_are_located_as_citus_locates_them(on_citus: Database) -> None:
    user_ids = list(range(-500, 500))
    rows = await on_citus.pool.fetch(
        """select user_id, groupid from unnest($1::bigint[]) as u (user_id)
        join pg_dist_placement p on p.shardid = get_shard_id_for_distribution_column('standings', user_id)""",
        user_ids,
    )
    nodes = {row["user_id"]: row["groupid"] for row in rows}
    positions = await Workers(on_citus.pool, 1.0).positions(user_ids)
    assert len(positions) == len(set(nodes.values()))
    assert {user_ids[i]: node for node, group in positions.items() for i in group} == nodes
