"""Outbox: notices, written in the transaction of the change that they report."""

import json
from collections.abc import Iterable

from leaderforge.adapters.postgres.pool import Connection
from leaderforge.adapters.postgres.statements import run_rows
from leaderforge.domain.notices import NewNotice, announced_notices


async def write_notices(connection: Connection, notices: Iterable[NewNotice]) -> None:
    """Write the notices whose boards ask for them. Without such notices, run no statement.

    Call it in the transaction of the change, after the change: the caller must hold the locks on the changed rows. The
    notices of one player then get the order of the commits.
    """
    rows = [(n.user_id, n.board.id, n.period, n.type, n.at, json.dumps(n.data)) for n in announced_notices(notices)]
    if rows:
        await run_rows(connection, "insert_notices", rows)
