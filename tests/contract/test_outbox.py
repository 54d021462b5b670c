"""The outbox: notices in the transaction of the change, only for boards that ask for them."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder, Policy
from leaderforge.domain.notice_bundles import BUNDLE, bundle_items
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.periods import PeriodKind
from leaderforge.domain.submissions import Recorded
from tests.contract.store_fixtures import Database, submit

_IMPROVED = (NoticeType.SCORE_IMPROVED,)


async def outbox(database: Database) -> list[tuple[int, str, dict[str, Any]]]:
    """Return player, type and data of each notice in the order of the outbox. Include the notices in bundles."""
    notices: list[tuple[int, str, dict[str, Any]]] = []
    for row in await database.run("select user_id, type, data from outbox order by seq"):
        if row["type"] == BUNDLE:
            items = [item for item in bundle_items(row["data"]) if item is not None]
            notices += [(item.user_id, "score.improved", item._asdict()) for item in items]
        else:
            notices.append((row["user_id"], row["type"], json.loads(row["data"])))
    return notices


async def asking(database: Database, *events: NoticeType, **settings: Any) -> Board:
    """Return a new board whose setting `events` has these types of notices."""
    return await database.board(events=events, **settings)


def act(action: str, board: Board, user_id: int) -> AuditEntry:
    """Return the audit entry of a moderator's action."""
    return AuditEntry(5, "env:admin", action, board.slug, user_id, "a test")


async def test_boards_that_ask_for_nothing_write_nothing(database: Database) -> None:
    await database.players(1)
    board = await database.board()
    await database.scores.record([submit(Ladder(board), 1, 5)])
    await database.moderation.set_entry_hidden(board, 1, True, act("entry.hide", board, 1))
    assert await outbox(database) == []


@pytest.mark.parametrize("policy", Policy)
@pytest.mark.parametrize("judged", [False, True])
async def test_improvements_are_written_with_the_standing(database: Database, policy: Policy, judged: bool) -> None:
    # Test both ways of recording. With a minimum interval, the store needs several statements. Without rules, it
    # needs only one on PostgreSQL.
    await database.players(1, 2)
    rules: dict[str, Any] = {"events": _IMPROVED, "policy": policy}
    if judged:
        rules["limits"] = (await database.board()).limits.__class__(min_interval_ms=1)
    ladder = Ladder(await database.board(**rules))
    outcomes: list[object] = []
    for at, score in enumerate((5, -3, 7)):
        outcomes += await database.scores.record([submit(ladder, 1, score, at=at * 10)])
    outcomes += await database.scores.record([submit(ladder, 2, 1, id=77), submit(ladder, 2, 1, id=77)])
    improved = [o for o in outcomes if isinstance(o, Recorded) and o.improved and not o.duplicate]
    written = await outbox(database)
    assert [(user_id, data["score"], data["revision"]) for user_id, _, data in written] == [
        (o.standing.user_id, o.standing.score, o.standing.revision) for o in improved
    ]
    assert {kind for _, kind, _ in written} == {"score.improved"}
    assert written[-1][2]["submission_id"] == str(UUID(int=77))
    assert all(data["main"] and data["improved"] for _, _, data in written)


async def test_boards_with_tier_notices_write_every_change_on_every_ladder(database: Database) -> None:
    await database.players(1)
    board = await asking(database, NoticeType.TIER_CHANGED)
    ladders = [Ladder(board), Ladder(board, board.calendar.numbered(0).number + 17)]
    event = submit(ladders[0], 1, -4)
    await database.scores.record([event._replace(ladders=ladders)])
    written = await outbox(database)
    assert [(data["main"], data["improved"], data["score"]) for _, _, data in written] == [
        (True, False, -4),
        (False, False, -4),
    ]


async def test_refused_submissions_write_nothing(database: Database) -> None:
    await database.players(1)
    ladder = Ladder(await asking(database, *_IMPROVED))
    await database.scores.record([submit(ladder, 999_999, 5), submit(ladder, 1, 2**53 - 1)])
    await database.scores.record([submit(ladder, 1, 2**53 - 1)])  # refused: the sum would leave the range of scores
    assert [user_id for user_id, _, _ in await outbox(database)] == [1]


async def test_previous_standings_can_be_requested_too(database: Database) -> None:
    await database.players(1)
    ladder = Ladder(await asking(database, *_IMPROVED))
    for score in (1, 2):
        await database.scores.record([submit(ladder, 1, score)], previous=True)
    assert [data["score"] for _, _, data in await outbox(database)] == [1, 3]


async def test_concurrent_changes_of_a_standing_are_numbered_in_their_order(database: Database) -> None:
    await database.players(1, 2, 3)
    ladder = Ladder(await asking(database, *_IMPROVED))
    await asyncio.gather(
        *(database.scores.record([submit(ladder, i, 1) for i in (1, 2, 3)]) for _ in range(20)),
    )
    written = await outbox(database)
    assert len(written) == 60
    for player in (1, 2, 3):
        changes = [(data["revision"], data["score"]) for user_id, _, data in written if user_id == player]
        assert changes == sorted(changes)
        assert [score for _, score in changes] == list(range(1, 21))


async def test_moderation_is_written_for_boards_that_ask(database: Database) -> None:
    await database.players(1)
    types = [kind for kind in NoticeType if kind.startswith("moderation.")]
    board, silent = await asking(database, *types), await database.board()
    for target in (board, silent):
        await database.scores.record([submit(Ladder(target), 1, 5, id=8)])
    moderation = database.moderation
    await moderation.set_player_hidden(1, True, act("player.hide", board, 1))
    await moderation.set_player_hidden(1, False, act("player.unhide", board, 1))
    await moderation.set_submission_removed(board, 1, UUID(int=8), True, act("submission.remove", board, 1))
    await moderation.set_submission_removed(board, 1, UUID(int=8), False, act("submission.restore", board, 1))
    await moderation.remove(board, 1, act("entry.remove", board, 1))
    assert [(kind, data["action"]) for _, kind, data in await outbox(database)] == [
        ("moderation.hidden", "player.hide"),
        ("moderation.shown", "player.unhide"),
        ("moderation.removed", "submission.remove"),
        ("moderation.restored", "submission.restore"),
        ("moderation.removed", "entry.remove"),
    ]


async def test_moderation_that_changes_nothing_is_not_written(database: Database) -> None:
    await database.players(1)
    types = [kind for kind in NoticeType if kind.startswith("moderation.")]
    board, moderation = await asking(database, *types), database.moderation
    await database.scores.record([submit(Ladder(board), 1, 5)])
    for hidden, call in ((False, "unhide"), (True, "hide"), (True, "hide"), (False, "unhide"), (False, "unhide")):
        await moderation.set_player_hidden(1, hidden, act(f"player.{call}", board, 1))
        await moderation.set_entry_hidden(board, 1, hidden, act(f"entry.{call}", board, 1))
    assert [(kind, data["action"]) for _, kind, data in await outbox(database)] == [
        ("moderation.hidden", "player.hide"),
        ("moderation.hidden", "entry.hide"),
        ("moderation.shown", "player.unhide"),
        ("moderation.shown", "entry.unhide"),
    ]


async def test_an_erasure_leaves_only_its_own_notice(database: Database) -> None:
    await database.players(1, 2)
    board = await asking(database, *_IMPROVED, NoticeType.MODERATION_ERASED)
    await database.scores.record([submit(Ladder(board), 1, 5), submit(Ladder(board), 2, 6)])
    await database.records.erase(1, AuditEntry(5, "env:admin", "player.erase"))
    assert [(user_id, kind) for user_id, kind, _ in await outbox(database)] == [
        (2, "score.improved"),
        (1, "moderation.erased"),
    ]


async def test_the_setting_is_stored(database: Database) -> None:
    board = await asking(database, NoticeType.PERIOD_CLOSED, NoticeType.AWARD_GRANTED)
    assert (await database.scores.board(board.slug)) == board
    assert board.calendar.kinds == (PeriodKind.ALL_TIME,)
