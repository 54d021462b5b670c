"""Outbox: notices, written in the transaction of the change that they report."""

import json
from collections.abc import Iterable, Sequence

from leaderforge.adapters.postgres.pool import Connection
from leaderforge.adapters.postgres.statements import run_rows
from leaderforge.domain.notice_bundles import BUNDLE, bundle_item
from leaderforge.domain.notices import NO_PLAYER, Announcement, NewNotice, announced_notices, announces
from leaderforge.domain.periods import ALL_TIME


async def write_notices(connection: Connection, notices: Iterable[NewNotice]) -> None:
    """Write the notices whose boards ask for them. Without such notices, run no statement.

    Call it in the transaction of the change, after the change: the caller must hold the locks on the changed rows. The
    notices of one player then get the order of the commits.
    """
    await _insert(connection, announced_notices(notices))


async def write_score_notices(connection: Connection, notices: Iterable[NewNotice]) -> None:
    """Write notices of submissions like `write_notices`, but the notices of improved scores as one row, a bundle.

    Do not call it on Citus. There, a notice must be on the node of its player's standing.
    """
    announced = announced_notices(notices)
    bundled = [n for n in announced if announces(n.board) is Announcement.IMPROVEMENTS]
    await _insert(connection, [n for n in announced if announces(n.board) is not Announcement.IMPROVEMENTS])
    if bundled:
        items = json.dumps([bundle_item(notice) for notice in bundled])
        await run_rows(connection, "insert_notices", [(NO_PLAYER, 0, ALL_TIME, BUNDLE, bundled[0].at, items)])


async def _insert(connection: Connection, notices: Sequence[NewNotice]) -> None:
    rows = [(n.user_id, n.board.id, n.period, n.type, n.at, json.dumps(n.data)) for n in notices]
    if rows:
        await run_rows(connection, "insert_notices", rows)
