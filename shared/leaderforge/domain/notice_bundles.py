"""Bundles: notices of a batch of submissions that are stored in one row, until they are read."""

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from leaderforge.domain.boards import Board, Ladder, Order
from leaderforge.domain.notice_log import Notice, OutboxRow, body_of
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.notices import NewNotice
from leaderforge.domain.order import ranked_score
from leaderforge.domain.score_types import ScoreType
from leaderforge.domain.tiebreaker_rules import tiebreakers_of
from leaderforge.domain.tiebreakers import subscore_members
from leaderforge.domain.times import time_text

BUNDLE = "bundle"
"""Type of a row of the outbox or of the log that has a bundle."""


class BundleItem(NamedTuple):
    """Item of a bundle, as fragments/bundle.sql and `bundle_item` write it: a changed standing. `achieved_at` is in ms.

    `main` says whether the standing is on the board's first ladder, `improved` whether the change is an improvement.
    `hidden` has the bits of `Standing.hidden`.
    """

    user_id: int
    board_id: int
    period: int
    score: int
    subranked: int
    submissions: int
    revision: int
    achieved_at: int
    submission_id: str
    main: bool = True
    improved: bool = True
    hidden: int = 0

    @property
    def is_notice(self) -> bool:
        """Return whether the item is itself a notice. All items may lead to other notices, about ranks and tiers."""
        return self.main and self.improved


class OutboxBundle(NamedTuple):
    """Bundle in the outbox. `seq` is its sequence number, `at` the time of the changes (ms). Erased items are None."""

    seq: int
    at: int
    items: Sequence[BundleItem | None]

    def changes(self, board_ids: Container[int]) -> Iterator[OutboxRow]:
        """Yield the items about these boards, each as a row of the outbox."""
        for item in self.items:
            if item is not None and item.board_id in board_ids:
                place = item.user_id, item.board_id, item.period
                yield OutboxRow(self.seq, *place, NoticeType.SCORE_IMPROVED, self.at, item._asdict())


class BundleDraft(NamedTuple):
    """Bundle to append to the log. The items are taken from the outbox. See `NoticeDraft` for `origin`.

    A bundle takes `size` positions of the log: one for each of its items, and the last position for itself. `ladders`
    is JSON: for each ladder of the items, its names, the order of subscores, and the tiebreakers and the type of the
    scores, if any. `has_mere_changes` is true if some items only record a change of a standing.
    """

    origin: str
    at: int
    size: int
    ladders: str
    has_mere_changes: bool = False


class LoggedBundle(NamedTuple):
    """Bundle in the log. Its items have the positions directly before `position`, and ids derived from `bundle_id`."""

    position: int
    bundle_id: UUID
    at: int
    ladders: Mapping[str, Mapping[str, Any]]
    items: Sequence[BundleItem | None]

    def notices(self, after: int) -> Iterator[Notice]:
        """Yield the notices after a position of the log.

        Leave out erased items, items of boards that did not ask for them, and items that are not notices themselves.
        """
        first = self.position - len(self.items)
        for number, item in enumerate(self.items):
            ladder = None if item is None else self.ladders.get(_ladder_key(item.board_id, item.period))
            if item is not None and item.is_notice and ladder is not None and first + number > after:
                notice_id = str(UUID(int=self.bundle_id.int ^ number))
                body = _body(item, self.at, ladder)
                place = item.user_id, NoticeType.SCORE_IMPROVED, ladder["board"], self.at
                yield Notice(first + number, notice_id, *place, body, is_bundled=True)


def bundle_item(notice: NewNotice) -> BundleItem:
    """Return the item of a notice about a submission."""
    members: Mapping[str, Any] = notice.data
    values = {name: members[name] for name in BundleItem._fields if name in members}
    return BundleItem(user_id=notice.user_id, board_id=notice.board.id, period=notice.period, **values)


def bundle_items(text: str) -> Sequence[BundleItem | None]:
    """Return the items of a bundle, from their JSON."""
    return [None if item is None else BundleItem(*item) for item in json.loads(text)]


def without_mere_changes(text: str) -> str:
    """Return the JSON of a bundle with null in place of items that only record a change of a standing."""
    return json.dumps([item if item is not None and item.is_notice else None for item in bundle_items(text)])


def bundle_draft(bundle: OutboxBundle, boards: Mapping[int, Board]) -> BundleDraft | None:
    """Return the bundle for the log, None if no board asks for any of its notices any more."""
    items = [item for item in bundle.items if item is not None]
    notices = [item for item in items if item.is_notice]
    ladders: dict[str, Mapping[str, Any]] = {}
    for board_id, period in {(item.board_id, item.period) for item in notices}:
        board = boards.get(board_id)
        if board is not None and NoticeType.SCORE_IMPROVED in board.events:
            ladders[_ladder_key(board_id, period)] = _ladder_members(Ladder(board, period))
    if not ladders:
        return None
    size, has_mere_changes = len(bundle.items) + 1, len(notices) < len(items)
    return BundleDraft(f"outbox:{bundle.seq}", bundle.at, size, json.dumps(ladders), has_mere_changes)


def _ladder_members(ladder: Ladder) -> Mapping[str, Any]:
    """Return the JSON members of a ladder in a bundle of the log."""
    board = ladder.board
    members = {"board": board.slug, "period": ladder.period_name, "subscore_order": board.subscore_order}
    tiebreakers = {"tiebreakers": [t.members for t in board.tiebreakers]} if board.tiebreakers else {}
    score_type = {} if board.score_type is ScoreType.NUMBER else {"score_type": board.score_type}
    return {**members, **tiebreakers, **score_type}


def _ladder_key(board_id: int, period: int) -> str:
    return f"{board_id}:{period}"


def _body(item: BundleItem, at: int, ladder: Mapping[str, Any]) -> str:
    """Return the JSON of a notice, with the same JSON members as the drafts of `drafts_of`."""
    order = ladder["subscore_order"]
    tiebreakers = tiebreakers_of(ladder.get("tiebreakers", []))
    subscore = {} if order is None else subscore_members(tiebreakers, ranked_score(Order(order), item.subranked))
    data = {
        "board": ladder["board"],
        "user_id": item.user_id,
        "period": ladder["period"],
        "score": ScoreType(ladder.get("score_type", ScoreType.NUMBER)).json_value(item.score),
        **subscore,
        "submissions": item.submissions,
        "achieved_at": time_text(item.achieved_at),
        "submission_id": item.submission_id,
        "revision": item.revision,
    }
    return body_of(NoticeType.SCORE_IMPROVED, at, data)
