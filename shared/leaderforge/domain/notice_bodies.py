"""Notices as other systems read them, from their rows in the outbox."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.notice_log import NoticeDraft, OutboxRow, body_of
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.notices import NO_PLAYER
from leaderforge.domain.order import ranked_score
from leaderforge.domain.tiebreakers import subscore_members
from leaderforge.domain.times import time_text


def drafts_of(row: OutboxRow, ladder: Ladder) -> Sequence[NoticeDraft]:
    """Return the notice of the row for the log, or nothing if the board does not ask for the notice.

    Some rows never yield a notice: they only record that ranks and tiers may have changed.
    """
    board = ladder.board
    if row.type not in board.events or (row.type == NoticeType.SCORE_IMPROVED and not _is_improvement(row.data)):
        return []
    player = {} if row.user_id == NO_PLAYER else {"user_id": row.user_id}
    convert = _CONVERTERS.get(row.type.partition(".")[0], _in_period)
    data = {"board": board.slug, **player, **convert(ladder, row.data)}
    return [NoticeDraft(row.origin, row.user_id, row.type, board.slug, row.at, body_of(row.type, row.at, data))]


def _is_improvement(data: Mapping[str, Any]) -> bool:
    return bool(data["main"] and data["improved"])


def _in_period(ladder: Ladder, data: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"period": ladder.period_name, **data}


def _of_score(ladder: Ladder, data: Mapping[str, Any]) -> Mapping[str, Any]:
    order = ladder.board.subscore_order
    tiebreakers = ladder.board.tiebreakers
    subscore = {} if order is None else subscore_members(tiebreakers, ranked_score(order, data["subranked"]))
    return {
        "period": ladder.period_name,
        "score": ladder.board.score_type.json_value(data["score"]),
        **subscore,
        "submissions": data["submissions"],
        "achieved_at": time_text(data["achieved_at"]),
        "submission_id": data["submission_id"],
        "revision": data["revision"],
    }


def _of_award(ladder: Ladder, data: Mapping[str, Any]) -> Mapping[str, Any]:
    # A process of an earlier version writes awards without their payload.
    payload = {"payload": json.loads(data["payload"])} if "payload" in data else {}
    return {"period": ladder.period_name, "reward": data["reward"], **payload}


def _of_moderation(ladder: Ladder, data: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**data, "periods": [_name(ladder.board, number) for number in data["periods"]]}


def _name(board: Board, period: int) -> str:
    return Ladder(board, period).period_name


_CONVERTERS: Mapping[str, Callable[[Ladder, Mapping[str, Any]], Mapping[str, Any]]] = {
    "score": _of_score,
    "award": _of_award,
    "moderation": _of_moderation,
}
"""Function that converts the data of a notice, by the first word of its type."""
