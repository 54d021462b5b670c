"""Data of notices, from their rows in the outbox."""

import json

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.notice_bodies import drafts_of
from leaderforge.domain.notice_log import OutboxRow
from leaderforge.domain.notice_types import NoticeType

BOARD = Board(1, "cup", "Cup", events=frozenset({NoticeType.AWARD_GRANTED}))


def body_of_award(data: dict[str, str]) -> object:
    [draft] = drafts_of(OutboxRow(1, 7, 1, 0, NoticeType.AWARD_GRANTED, 1_000, data), Ladder(BOARD))
    return json.loads(draft.body)["data"]


def test_the_payload_of_an_award_is_an_object() -> None:
    expected = {"board": "cup", "user_id": 7, "period": "all-time", "reward": "gold", "payload": {"coins": 5}}
    assert body_of_award({"reward": "gold", "payload": '{"coins": 5}'}) == expected


def test_an_award_of_an_earlier_version_lacks_the_payload() -> None:
    assert body_of_award({"reward": "gold"}) == {
        "board": "cup",
        "user_id": 7,
        "period": "all-time",
        "reward": "gold",
    }
