"""Notices: decisions of the service, for other systems. Clients see them as events."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from typing import NamedTuple

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder, Order
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.order import ranked_score
from leaderforge.domain.periods import ALL_TIME
from leaderforge.domain.standings import Event, LadderStanding, Standing

NO_PLAYER = -(2**63)
"""Number in the place of a player id in a notice that concerns no player, such as `period.settled`.

No player has this number as an id.
"""

_TYPES_BY_ACTION: Mapping[str, NoticeType] = {
    "entry.hide": NoticeType.MODERATION_HIDDEN,
    "player.hide": NoticeType.MODERATION_HIDDEN,
    "entry.unhide": NoticeType.MODERATION_SHOWN,
    "player.unhide": NoticeType.MODERATION_SHOWN,
    "entry.remove": NoticeType.MODERATION_REMOVED,
    "submission.remove": NoticeType.MODERATION_REMOVED,
    "submission.restore": NoticeType.MODERATION_RESTORED,
    "submission.replace": NoticeType.MODERATION_SET,
    "entry.set": NoticeType.MODERATION_SET,
    "player.erase": NoticeType.MODERATION_ERASED,
}
"""Type of the notice about a moderator's action, by the action in the audit log."""


class Announcement(IntEnum):
    """Choice of the changes by submissions that the outbox records.

    `IMPROVEMENTS`: the change on the main ladder, if it is an improvement. `ALL`: every change on every ladder.
    """

    NONE = 0
    IMPROVEMENTS = 1
    ALL = 2


class NewNotice(NamedTuple):
    """Notice to write to the outbox, in the transaction of the change that it reports.

    `at` is the time of the change (ms). `data` has values that can be written as JSON. `user_id` is `NO_PLAYER` if no
    player is concerned. `period` is the number of a period: of the all-time period if no single period is concerned.
    """

    board: Board
    type: NoticeType
    at: int
    data: Mapping[str, object]
    user_id: int = NO_PLAYER
    period: int = ALL_TIME


def announces(board: Board) -> Announcement:
    """Return which changes by submissions the outbox records for the board.

    If the board asks for notices about ranks or tiers, record all changes, because each may change ranks and tiers.
    """
    if not board.events:
        return Announcement.NONE
    if asks_for_ranks(board):
        return Announcement.ALL
    return Announcement.IMPROVEMENTS if NoticeType.SCORE_IMPROVED in board.events else Announcement.NONE


def announced_notices(notices: Iterable[NewNotice]) -> Sequence[NewNotice]:
    """Return the notices that their boards ask for, and notices that may lead to others, about ranks or tiers."""
    return [n for n in notices if n.type in n.board.events or _may_change_ranks(n)]


def score_notices(
    ladders: Sequence[Ladder], standings: Sequence[Standing], event: Event, at: int, *, improved: bool
) -> Iterator[NewNotice]:
    """Yield the notices about standings that a submission has changed at `at` (ms), as `announces` chooses them.

    The main ladder comes first. `improved` says whether the submission improved the standing on the main ladder.
    """
    announcement = announces(ladders[0].board)
    if announcement is Announcement.IMPROVEMENTS and improved:
        yield _score_notice(ladders[0], standings[0], event, at, {"main": True, "improved": True})
    elif announcement is Announcement.ALL:
        for position, (ladder, standing) in enumerate(zip(ladders, standings, strict=True)):
            flags: dict[str, object] = {"main": position == 0, "improved": improved}
            yield _score_notice(ladder, standing, event, at, flags)


def _score_notice(ladder: Ladder, standing: Standing, event: Event, at: int, flags: dict[str, object]) -> NewNotice:
    """Return the notice. Its data are the same as in an item that fragments/bundle.sql writes."""
    data: dict[str, object] = {
        "score": standing.score,
        "subranked": ranked_score(ladder.board.subscore_order or Order.ASC, standing.subscore),
        "submissions": standing.submissions,
        "revision": standing.revision,
        "achieved_at": standing.achieved_at,
        "submission_id": str(event.submission_id),
        "hidden": standing.hidden,
    }
    return NewNotice(ladder.board, NoticeType.SCORE_IMPROVED, at, data | flags, standing.user_id, ladder.period)


def moderation_notices(user_id: int, act: AuditEntry, changed: Sequence[LadderStanding]) -> Iterator[NewNotice]:
    """Yield a notice for each board where a moderator's action has changed standings of the player."""
    notice_type = _TYPES_BY_ACTION.get(act.action)
    if notice_type is None:
        return
    periods: dict[Board, list[int]] = {}
    for ladder, _ in changed:
        periods.setdefault(ladder.board, []).append(ladder.period)
    for board, numbers in periods.items():
        data: dict[str, object] = {"action": act.action, "periods": sorted(numbers)}
        if "submission_id" in act.details:
            data["submission_id"] = act.details["submission_id"]
        yield NewNotice(board, notice_type, act.at, data, user_id)


def _may_change_ranks(notice: NewNotice) -> bool:
    changes_standings = notice.type is NoticeType.SCORE_IMPROVED or notice.type in _TYPES_BY_ACTION.values()
    return changes_standings and asks_for_ranks(notice.board)


def asks_for_ranks(board: Board) -> bool:
    """Return whether the board asks for notices that may follow from any change of a standing: about ranks or tiers."""
    return NoticeType.TIER_CHANGED in board.events or NoticeType.PLAYER_OVERTAKEN in board.events
