"""Outbox: notices, written in the transaction of the change that they report."""

import json
from collections.abc import Iterable

from leaderforge.adapters.postgres.pool import Connection
from leaderforge.adapters.postgres.statements import run_rows
from leaderforge.domain.notice_bundles import BUNDLE, bundle_item
from leaderforge.domain.notices import NewNotice, announced_notices
from leaderforge.domain.periods import ALL_TIME


async def write_notices(connection: Connection, notices: Iterable[NewNotice]) -> None:
    """Write the notices whose boards ask for them. Without such notices, run no statement.

    Call this function in the transaction of the change, after the change: the caller must hold the locks on the changed
    rows. The notices of one player then get the order of the commits.
    """
    rows = [(n.user_id, n.board.id, n.period, n.type, n.at, json.dumps(n.data)) for n in announced_notices(notices)]
    if rows:
        await run_rows(connection, "insert_notices", rows)


async def write_bundle(connection: Connection, notices: Iterable[NewNotice]) -> None:
    """Write notices of submissions as one row, a bundle. Without notices, run no statement.

    Call it under the conditions of `write_notices`. On Citus, each node has its own transaction, which has written
    standings of this node only. The row has the first notice's player, and thereby goes to the same node: a second node
    would cost the transaction time.
    """
    announced = announced_notices(notices)
    if announced:
        first = announced[0]
        items = json.dumps([bundle_item(notice) for notice in announced])
        row = first.user_id, 0, ALL_TIME, BUNDLE, first.at, items
        await run_rows(connection, "insert_notices", [row])
