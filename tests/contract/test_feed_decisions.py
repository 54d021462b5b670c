"""Decisions about fed submissions and feeds: by moderators, by imports, and by administrators at the same time."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any
from uuid import UUID

import pytest

from leaderforge.domain.audit import AuditEntry, AuditFilter
from leaderforge.domain.boards import Board, Ladder, ScoreLimits
from leaderforge.domain.errors import Conflict, Refused, RuleViolated
from leaderforge.domain.feeding import with_feeds
from leaderforge.domain.feeds import Feed
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.imports.lines import ScoreLine
from leaderforge.services.boards import BoardService
from leaderforge.services.imported_lines import ImportRules
from leaderforge.services.importing import Importer
from tests.contract.store_fixtures import Stores
from tests.contract.test_feeds import NOON, World, set_removed

OTHERS = {"laps": (80, 1), "deaths": (1, 1), "runs": (80, 1)}
"""Score and number of submissions on each board after one submission, except on the board `coins`."""
ALL = {**OTHERS, "coins": (6, 1)}


async def counted(stores: Stores) -> World:
    """Return a world in which player 1 has one submission, with the id 7."""
    world = await World.create(stores)
    await world.recorded(world.submission(80, number=7, coins=6, deaths=1))
    return world


async def remove_entry(world: World, board: Board) -> None:
    await world.stores.moderation.remove(board, 1, AuditEntry(NOON, "tests", "entry.remove", board.slug, 1, ""))


async def test_restoring_a_counting_submission_changes_nothing(stores: Stores) -> None:
    world = await counted(stores)
    await set_removed(world, world.targets["coins"], 7, removed=True)
    assert await set_removed(world, world.laps, 7, removed=False) == []
    assert await world.scores() == OTHERS


async def test_an_earlier_removal_from_a_target_stays(stores: Stores) -> None:
    world = await counted(stores)
    await set_removed(world, world.targets["coins"], 7, removed=True)
    await set_removed(world, world.laps, 7, removed=True)
    assert await world.scores() == {}
    await set_removed(world, world.laps, 7, removed=False)
    assert await world.scores() == OTHERS
    await set_removed(world, world.targets["coins"], 7, removed=False)
    assert await world.scores() == ALL


async def test_a_later_removal_from_a_target_stays(stores: Stores) -> None:
    world = await counted(stores)
    await set_removed(world, world.laps, 7, removed=True)
    assert await set_removed(world, world.targets["coins"], 7, removed=True) == []
    await set_removed(world, world.laps, 7, removed=False)
    assert await world.scores() == OTHERS


async def test_a_restoration_on_a_target_alone_stays(stores: Stores) -> None:
    world = await counted(stores)
    await set_removed(world, world.laps, 7, removed=True)
    await set_removed(world, world.targets["coins"], 7, removed=False)
    assert await world.scores() == {"coins": (6, 1)}
    await set_removed(world, world.laps, 7, removed=False)
    assert await world.scores() == ALL


@pytest.mark.parametrize("is_first", [True, False])
async def test_the_removal_of_an_entry_of_a_target_stays(stores: Stores, is_first: bool) -> None:
    world = await counted(stores)
    coins = world.targets["coins"]
    # Another submission keeps an entry on the target.
    await world.recorded(world.plain(coins, 3, submission_id=UUID(int=8), at=5))
    if is_first:
        await remove_entry(world, coins)
    await set_removed(world, world.laps, 7, removed=True)
    if not is_first:
        await remove_entry(world, coins)
    await set_removed(world, world.laps, 7, removed=False)
    assert await world.scores() == OTHERS


async def both_feeding(stores: Stores) -> tuple[World, Board]:
    """Return a world in which player 1 has the submission 7 on two boards that feed `coins`, and the second board.

    The second board did not feed `coins` when the submission counted there.
    """
    world = await counted(stores)
    second = await stores.board(feeds=(Feed(world.targets["coins"].slug, "coins"),))
    await world.recorded(world.plain(second, 5, submission_id=UUID(int=7)))
    return world, second


@pytest.mark.parametrize("is_first_removed_first", [True, False])
@pytest.mark.parametrize("is_first_restored_first", [True, False])
async def test_a_part_counts_again_once_both_boards_that_feed_it_have_their_submission(
    stores: Stores, is_first_removed_first: bool, is_first_restored_first: bool
) -> None:
    world, second = await both_feeding(stores)
    for removed, is_first in ((True, is_first_removed_first), (False, is_first_restored_first)):
        first, last = (world.laps, second) if is_first else (second, world.laps)
        for board in (first, first, last, last):
            await set_removed(world, board, 7, removed=removed)
            assert ("coins" in await world.scores()) is (not removed and board is last)
    assert await world.scores() == ALL


@pytest.mark.parametrize("is_restored", [True, False])
async def test_a_decision_about_a_part_ends_its_relation_to_both_boards(stores: Stores, is_restored: bool) -> None:
    world, second = await both_feeding(stores)
    coins = world.targets["coins"]
    for board in (world.laps, second):
        await set_removed(world, board, 7, removed=True)
    await set_removed(world, coins, 7, removed=not is_restored)
    for board in (second, world.laps):
        await set_removed(world, board, 7, removed=False)
        assert ("coins" in await world.scores()) is is_restored


async def test_the_removal_of_an_entry_ends_the_relation_to_both_boards(stores: Stores) -> None:
    world, second = await both_feeding(stores)
    coins = world.targets["coins"]
    await world.recorded(world.plain(coins, 3, submission_id=UUID(int=8), at=5))
    for board in (world.laps, second):
        await set_removed(world, board, 7, removed=True)
    await remove_entry(world, coins)
    for board in (world.laps, second):
        await set_removed(world, board, 7, removed=False)
    assert await world.scores() == OTHERS


async def test_the_removal_of_the_entry_of_the_origin_keeps_the_targets(stores: Stores) -> None:
    world = await counted(stores)
    await set_removed(world, world.targets["coins"], 7, removed=True)
    await remove_entry(world, world.laps)
    await set_removed(world, world.laps, 7, removed=False)
    assert await world.scores() == OTHERS


async def test_the_audit_log_names_the_targets(stores: Stores) -> None:
    world = await counted(stores)
    await set_removed(world, world.targets["coins"], 7, removed=True)
    for removed in (True, False):
        await set_removed(world, world.laps, 7, removed=removed)
    await set_removed(world, world.laps, 7, removed=False)
    entries = await world.stores.audit.entries(AuditFilter(board=world.laps.slug), 10)
    changed = [world.targets[name].slug for name in ("deaths", "runs")]
    assert [audited.entry.details.get("feeds") for audited in entries] == [None, changed, changed]


async def test_a_second_board_may_count_where_a_refused_one_could_not(stores: Stores) -> None:
    world = await World.create(stores, laps=ScoreLimits(min_interval_ms=1000))
    await world.recorded(world.submission(90, number=1))
    coins = world.targets["coins"]
    other = await stores.board(feeds=(Feed(coins.slug, "coins"),))
    plain = world.plain(other, 5, submission_id=UUID(int=7), at=10, coins=2)
    second = with_feeds(plain, {coins.slug: coins}, now=NOON + 10, grace_ms=0)
    refused, recorded, third = await world.record(world.submission(80, number=7, at=10, coins=6), second, second)
    assert isinstance(refused, RuleViolated)
    assert isinstance(recorded, Recorded)
    assert [(fed.board.id, of_fed.standing.score) for fed, of_fed in recorded.fed] == [(coins.id, 2)]
    assert isinstance(third, Recorded)
    assert (recorded.duplicate, third.duplicate) == (False, True)
    assert (await world.scores())["coins"] == (2, 1)


async def test_a_second_board_conflicts_where_another_counts(stores: Stores) -> None:
    world = await World.create(stores)
    coins = world.targets["coins"]
    other = await stores.board(feeds=(Feed(coins.slug, "coins"),))
    plain = world.plain(other, 5, submission_id=UUID(int=7), coins=2)
    second = with_feeds(plain, {coins.slug: coins}, now=NOON, grace_ms=0)
    first, refused = await world.record(world.submission(80, number=7, coins=6), second)
    assert isinstance(first, Recorded)
    assert isinstance(refused, Conflict)
    assert await stores.scores.standings(Ladder(other), [1]) == []
    assert (await world.scores())["coins"] == (6, 1)


class Delivered:
    """Delivery that does nothing, because the test has no index."""

    async def load(self, _: object) -> bool:
        return True


async def imported(world: World, *lines: ScoreLine) -> list[str]:
    """Import lines that replace stored submissions. Return the reasons of refused lines."""
    reasons: list[str] = []

    async def replace(submission: Submission, _: object) -> None:
        act = AuditEntry(NOON, "tests", "submission.replace", submission.board.slug, submission.event.user_id, "")
        await world.stores.moderation.replace_submission(submission, act, in_past=False)

    delivery: Any = Delivered()
    importer = Importer(
        world.stores.scores,
        world.stores.users,
        delivery,
        lambda: NOON,
        lambda: NOON * 1000,
        world.laps,
        ImportRules(),
        refused=lambda _, reason: reasons.append(reason),
        replace=replace,
    )
    await importer.run(lines)
    return reasons


def line(score: int, numbers: str | None) -> ScoreLine:
    return ScoreLine(1, None, score, NOON, UUID(int=7), user_id=1, named_numbers=numbers)


@pytest.mark.parametrize("numbers", [None, '{"coins": 3}'])
async def test_an_import_replaces_no_submission_of_a_board_with_feeds(stores: Stores, numbers: str | None) -> None:
    world = await counted(stores)
    [reason] = await imported(world, line(70, numbers))
    assert "feeds other boards; remove the stored submission instead" in reason
    assert await world.scores() == ALL


async def test_an_import_to_a_board_whose_target_is_missing_is_refused(stores: Stores) -> None:
    world = await World.create(stores)
    coins = world.targets["coins"]
    await stores.scores.delete_board(coins.slug, AuditEntry(NOON, "tests", "board.delete", coins.slug))
    [reason] = await imported(world, line(70, '{"coins": 3}'))
    assert coins.slug in reason
    assert await world.scores() == {}


async def both(*changes: Awaitable[Board]) -> Sequence[type[object]]:
    """Make changes of boards at the same time. Return the types of their results or errors."""
    return [type(outcome) for outcome in await asyncio.gather(*changes, return_exceptions=True)]


@pytest.mark.parametrize("attempt", range(4))
async def test_a_target_cannot_be_deleted_while_a_feed_is_declared(stores: Stores, attempt: int) -> None:
    service = BoardService(stores.scores, lambda: NOON + attempt)
    laps, coins = await stores.board(), await stores.board()
    feeds = {"feeds": (Feed(coins.slug, "coins"),)}
    outcomes = await both(service.change(laps.slug, feeds, "tests"), service.delete(coins.slug, "tests"))
    assert outcomes in ([Board, Conflict], [Refused, Board])


@pytest.mark.parametrize("attempt", range(4))
async def test_concurrent_changes_make_no_chain(stores: Stores, attempt: int) -> None:
    service = BoardService(stores.scores, lambda: NOON + attempt)
    first, middle, last = [await stores.board() for _ in range(3)]
    outcomes = await both(
        service.change(first.slug, {"feeds": (Feed(middle.slug),)}, "tests"),
        service.change(middle.slug, {"feeds": (Feed(last.slug),)}, "tests"),
    )
    assert outcomes in ([Board, Conflict], [Refused, Board])


async def test_boards_that_feed_each_other_are_refused(stores: Stores) -> None:
    service = BoardService(stores.scores, lambda: NOON)
    pair = [await stores.board() for _ in range(2)]
    changes = [
        service.change(board.slug, {"feeds": (Feed(other.slug),)}, "tests")
        for board, other in zip(pair, reversed(pair), strict=True)
    ]
    outcomes = await both(*changes)
    assert sorted(outcome.__name__ for outcome in outcomes) in (["Board", "Conflict"], ["Board", "Refused"])


async def test_a_feed_of_a_deleted_board_is_not_created(stores: Stores) -> None:
    service = BoardService(stores.scores, lambda: NOON)
    coins = await stores.board()
    outcomes = await both(
        service.create(f"of-{coins.slug}", {"feeds": (Feed(coins.slug),)}, "tests"),
        service.delete(coins.slug, "tests"),
    )
    assert outcomes in ([Board, Conflict], [Refused, Board])


@pytest.mark.parametrize("named", [{}, {"coins": 3}])
async def test_a_change_is_refused_as_a_change(stores: Stores, named: dict[str, int]) -> None:
    """The error is about the change, even if the feed's number is missing, or the target would refuse the score."""
    world = await World.create(stores)
    strict = await stores.board(limits=ScoreLimits(min_score=100))
    board = await stores.board(feeds=(Feed(strict.slug, "coins"),))
    plain = world.plain(board, 5, submission_id=UUID(int=7), **named)
    change = plain._replace(event=plain.event._replace(change=5))
    with pytest.raises(Refused, match="send score instead of change"):
        with_feeds(change, {strict.slug: strict}, now=NOON, grace_ms=0)
