"""Translation of database errors: the loss of a node of Citus becomes an outage, other internal errors a defect."""

import asyncpg
import pytest

from leaderforge.adapters.postgres.errors import NodeUnavailable, Rejected, translated


@pytest.mark.parametrize(
    "text",
    [
        "SSL SYSCALL error: EOF detected",
        "failure on connection marked as essential: 127.0.0.1:9761",
        "could not commit transaction for shard 102213 on at least one active node",
        "server closed the connection unexpectedly",
        "could not receive data from server: Connection reset by peer",
    ],
)
def test_a_crash_of_a_node_during_a_statement_is_an_outage(text: str) -> None:
    error = translated(asyncpg.InternalServerError(text))
    assert isinstance(error, NodeUnavailable)
    assert text not in error.message


def test_another_internal_error_is_a_fault() -> None:
    error = translated(asyncpg.InternalServerError("cache lookup failed for relation 1"))
    assert isinstance(error, Rejected)
    assert error.sqlstate == "XX000"
