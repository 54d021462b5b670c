"""Transactions of Citus in doubt: prepared on a worker, and neither committed nor rolled back there."""

from leaderforge.adapters.postgres.errors import NodeUnavailable
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.statements import statement


async def in_doubt_since(pool: Pool) -> int | None:
    """Return when the oldest transaction in doubt was prepared (ms), None if there is none.

    Raises `NodeUnavailable` if a worker does not answer. The pool must lead to the coordinator of Citus.
    """
    [row] = await pool.fetch(statement("in_doubt_on_workers"), statement("in_doubt_since"))
    if row["answered"] is False:  # `answered` is null if there is no worker
        raise NodeUnavailable("a node of the database does not answer")
    prepared_at: int | None = row["prepared_at"]
    return prepared_at
