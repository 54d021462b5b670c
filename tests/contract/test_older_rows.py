"""Rows that versions 0.1 and 0.2 stored. They count as before, and no migration rewrites them."""

from uuid import UUID

import pytest

from leaderforge.adapters.postgres.player_store import PostgresPlayerStore
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Ladder, Order, Policy
from leaderforge.domain.standings import Event, Standing
from leaderforge.domain.submissions import Recorded, Submission
from tests.contract.store_fixtures import Database, Stores, submit

LARGE = 2**40
EXTREMES = [(LARGE, -LARGE), (-LARGE, LARGE)]


async def recorded(stores: Stores, *submissions: Submission) -> Standing:
    """Record the submissions of a player, and return the standing after them."""
    [*_, last] = await stores.scores.record(submissions)
    assert isinstance(last, Recorded), last
    return last.standing


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize(("score", "achieved_at"), EXTREMES)
@pytest.mark.parametrize("together", [True, False])
async def test_a_removed_row_loses_whatever_its_numbers(
    database: Database, policy: Policy, order: Order, score: int, achieved_at: int, together: bool
) -> None:
    """Give a removed row extreme numbers, as older versions stored. The next submission must replace all of them.

    With `together`, the submission and a copy are in one batch. The store writes such a batch by a different statement.
    """
    ladder = await database.ladder(policy, order)
    await database.players(1)
    await recorded(database, submit(ladder, 1, 3, at=5))
    await database.moderation.remove(ladder.board, 1, AuditEntry(9, "cli", "entry.remove"))
    score = 0 if policy is Policy.SUM else score
    await database.run(
        f"update standings set score = {score}, subranked = 0, achieved_at = {achieved_at}, received_us = {LARGE},"  # noqa: S608
        f" run_id = '{UUID(int=2**128 - 1)}' where board_id = {ladder.board.id}"
    )
    nothing = submit(ladder, 1, 0, at=7, id=1, metadata='{"a": 1}')
    standing = await recorded(database, *([nothing, nothing] if together else [nothing]))
    assert (standing.score, standing.achieved_at, standing.received_us) == (0, 7, 0)
    assert (standing.run_id, standing.metadata, standing.submissions, standing.hidden) == (
        UUID(int=1),
        '{"a": 1}',
        1,
        0,
    )


@pytest.mark.parametrize(("policy", "run"), [(Policy.LATEST, 8), (Policy.SUM, 8), (Policy.BEST, 2)])
async def test_equal_times_without_a_reception_stay_in_the_order_of_their_ids(
    stores: Stores, policy: Policy, run: int
) -> None:
    ladder = await stores.ladder(policy)
    await stores.players(1)
    for number in (5, 2, 8, 3):
        standing = await recorded(stores, submit(ladder, 1, 4, id=number))
    assert standing.run_id == UUID(int=run)


async def test_a_subscore_that_was_not_stored_as_a_change_is_one(database: Database) -> None:
    ladder = Ladder(await database.board(subscore_order=Order.DESC))
    await database.players(1)
    await recorded(database, Submission([ladder], Event(1, UUID(int=1), 0, 5, subscore=3)))
    await database.run(f"update standings set scored = false where board_id = {ladder.board.id}")  # noqa: S608
    for at in (2, 9):
        standing = await recorded(database, submit(ladder, 1, 0, at=at))
        assert (standing.achieved_at, standing.run_id) == (5, UUID(int=1))
    standing = await recorded(database, submit(ladder, 1, 1, at=7))
    assert (standing.achieved_at, standing.scored) == (7, True)


@pytest.mark.parametrize("unique", [True, False])
async def test_a_claim_of_before_0039_is_found_by_its_start_and_replaced(database: Database, unique: bool) -> None:
    await database.players(1, 2)
    await database.run("update username_claims set is_look_alike = false where user_id = 1")
    users = PostgresPlayerStore(database.pool, unique_names=unique)
    assert [player.user_id for player in await users.with_prefix("play", 9)] == [1, 2]
    await users.change(1, {"username": "Ada"}, AuditEntry(9, "cli", "player.change", user_id=1))
    assert [player.user_id for player in await users.with_prefix("play", 9)] == [2]
    assert [player.user_id for player in await users.with_prefix("ad", 9)] == [1]
