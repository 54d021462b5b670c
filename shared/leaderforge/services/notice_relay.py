"""Relay of notices from the outbox to the log."""

from collections.abc import Container, Mapping, Sequence

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.notice_bodies import drafts_of
from leaderforge.domain.notice_bundles import BundleDraft, OutboxBundle, bundle_draft
from leaderforge.domain.notice_log import NoticeDraft, OutboxRow
from leaderforge.domain.notices import asks_for_ranks
from leaderforge.ports.notices import NoticeStore
from leaderforge.ports.scores import ScoreStore
from leaderforge.services.derived_notices import DerivedNotices
from leaderforge.services.overtaking import OvertakingService

_AT_ONCE = 200
"""Maximum rows of the outbox that one step moves in its transaction. A row is a notice or a bundle of notices."""
_CHANGES_AT_ONCE = 2_000
"""Number of changed standings after which a step takes no further row. The next step moves the remaining rows."""


class NoticeRelay:
    """Relay of notices from the outbox to the log. The log gives all notices one order. Safe to run concurrently.

    A notice is taken from the outbox and appended to the log in one transaction. A killed relay therefore neither loses
    nor repeats a notice. Notices of deleted boards are dropped.
    """

    def __init__(
        self, notices: NoticeStore, store: ScoreStore, derived: DerivedNotices, overtaking: OvertakingService
    ) -> None:
        self._notices = notices
        self._store = store
        self._derived = derived
        self._overtaking = overtaking

    async def run(self, steps: int) -> int:
        """Move notices in up to this number of steps. Return the number of notices that left the outbox."""
        moved = 0
        boards = {board.id: board for board in await self._store.boards()}
        await self._derived.look([board for board in boards.values() if board.events])
        await self._overtaking.forget_if_due(list(boards.values()))
        for _ in range(steps):
            fetched = await self._notices.outbox(_AT_ONCE)
            if not fetched:
                break
            boards |= {board.id: board for board in await self._store.boards()}
            rows, changes = _first_changes(fetched, {i for i, board in boards.items() if asks_for_ranks(board)})
            await self._move(rows, changes, boards)
            moved += sum(len(row.items) if isinstance(row, OutboxBundle) else 1 for row in rows)
            if len(rows) == len(fetched) < _AT_ONCE:
                break
        return moved

    async def _move(
        self, rows: Sequence[OutboxRow | OutboxBundle], changes: Sequence[OutboxRow], boards: Mapping[int, Board]
    ) -> None:
        """Move these rows from the outbox to the log, together with the notices that `changes` cause."""
        by_tier, tiers = await self._derived.tiers(changes, boards)
        overtakings = await self._overtaking.derive(changes, boards)
        drafts = {row.seq: [*_drafts(row, boards), *by_tier.get(row.seq, ())] for row in rows}
        await self._notices.append(drafts, tiers=tiers, overtakings=overtakings)


def _first_changes(
    fetched: Sequence[OutboxRow | OutboxBundle], board_ids: Container[int]
) -> tuple[Sequence[OutboxRow | OutboxBundle], Sequence[OutboxRow]]:
    """Return the first rows, as many as one step moves, and their changes of standings on these boards."""
    changes: list[OutboxRow] = []
    for number, row in enumerate(fetched):
        if len(changes) >= _CHANGES_AT_ONCE:
            return fetched[:number], changes
        changes += row.changes(board_ids) if isinstance(row, OutboxBundle) else [row]
    return fetched, changes


def _drafts(row: OutboxRow | OutboxBundle, boards: Mapping[int, Board]) -> Sequence[NoticeDraft | BundleDraft]:
    if isinstance(row, OutboxBundle):
        bundle = bundle_draft(row, boards)
        return [] if bundle is None else [bundle]
    board = boards.get(row.board_id)
    return [] if board is None else drafts_of(row, Ladder(board, row.period))
