"""Translation of errors of the driver and the server, by SQLSTATE.

Messages of the server are not passed on, because they can contain values, addresses and names of tables.
"""

import re

import asyncpg

from leaderforge.domain.errors import LeaderForgeError, StoreUnavailable

FOREIGN_KEY_VIOLATION = "23503"
NUMERIC_VALUE_OUT_OF_RANGE = "22003"
_CHECK_VIOLATION = "23514"
_DATA_EXCEPTION = "22"
_CONNECTION_FAILURE = "08006"
_INTERNAL_ERROR = "XX000"
_LOST_CONNECTION = re.compile(
    "connection|SSL SYSCALL error|could not (?:receive|send) data|could not commit transaction"
)
_CONFLICTS = frozenset(
    {
        "40001",  # serialization failure
        "40P01",  # deadlock
        "22012",  # division by zero: fragments/previous_result.sql uses it to roll a statement back
    }
)

_UNAVAILABLE_CLASSES = frozenset({"08", "28", "40", "53", "57", "58"})
_UNAVAILABLE = frozenset(
    {
        "25006",  # read-only: a standby, or a primary during its shutdown
        "25P03",  # idle in transaction for too long
        "25P04",  # transaction timeout
        "3D000",  # the database does not exist (yet)
        "55P03",  # lock not available in time
    }
)
_SCHEMA_DIFFERS = frozenset({"42P01", "42703"})  # undefined table, undefined column

DRIVER_ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""All errors that the driver raises. `TimeoutError` is an `OSError`."""


class Rejected(LeaderForgeError):
    """Error for a statement that the server refused. `sqlstate` is the reason."""

    def __init__(self, sqlstate: str) -> None:
        message = "the database refused a statement"
        if sqlstate in _SCHEMA_DIFFERS:
            message = "the database schema differs from this version: run `leaderforge migrate`"
        super().__init__(message, sqlstate=sqlstate)
        self.sqlstate = sqlstate

    @property
    def for_a_value(self) -> bool:
        """Return whether the server refused a value that the statement writes."""
        return self.is_out_of_range or self.sqlstate.startswith(_DATA_EXCEPTION)

    @property
    def is_out_of_range(self) -> bool:
        """Return whether a sum of scores or of subscores would leave its range."""
        return self.sqlstate in {_CHECK_VIOLATION, NUMERIC_VALUE_OUT_OF_RANGE}


class Contended(StoreUnavailable):
    """Conflict with a concurrent transaction, such as a deadlock. An immediate retry usually succeeds."""


class Vanished(StoreUnavailable):
    """Error for a duplicate whose first copy was deleted before it could be read. A retry of the submission is safe."""


class NodeUnavailable(StoreUnavailable):
    """Error of a server that responds, but cannot reach the node of some players."""


def translated(error: Exception) -> LeaderForgeError:
    """Return the LeaderForge error for one of `DRIVER_ERRORS`, without addresses and credentials."""
    if isinstance(error, TimeoutError):
        return StoreUnavailable("the database did not answer in time")
    if isinstance(error, asyncpg.PostgresError):
        sqlstate = getattr(error, "sqlstate", None) or _INTERNAL_ERROR
        return _of_sqlstate(_CONNECTION_FAILURE if _has_lost_node(sqlstate, error) else sqlstate)
    if isinstance(error, asyncpg.ClientConfigurationError):
        return LeaderForgeError("the database address is invalid")
    return StoreUnavailable("the database cannot be reached")


def _has_lost_node(sqlstate: str, error: Exception) -> bool:
    """Return whether Citus lost the connection to a node during the statement.

    Citus then reports an internal error with a text of its own or of libpq. Other internal errors are faults.
    """
    return sqlstate == _INTERNAL_ERROR and _LOST_CONNECTION.search(str(error)) is not None


def _of_sqlstate(sqlstate: str) -> LeaderForgeError:
    if sqlstate in _CONFLICTS:
        return Contended("the database is contended", sqlstate=sqlstate)
    if sqlstate == _CONNECTION_FAILURE:
        return NodeUnavailable("a node of the database is not available", sqlstate=sqlstate)
    if sqlstate in _UNAVAILABLE or sqlstate[:2] in _UNAVAILABLE_CLASSES:
        return StoreUnavailable("the database is not available", sqlstate=sqlstate)
    return Rejected(sqlstate)
