"""What the driver and the server report, told in the product's own errors, by SQLSTATE alone."""

import asyncpg

from leaderforge.domain.errors import LeaderForgeError, StoreUnavailable

FOREIGN_KEY_VIOLATION = "23503"
CHECK_VIOLATION = "23514"
_DATA_EXCEPTION = "22"
_CONNECTION_FAILURE = "08006"
_CONFLICTS = frozenset({"40001", "40P01"})  # serialization failure, deadlock

_UNAVAILABLE_CLASSES = frozenset({"08", "28", "40", "53", "57", "58"})
_UNAVAILABLE = frozenset(
    {
        "25006",  # read-only: a standby, or a primary on its way down
        "25P03",  # idle in transaction for too long
        "25P04",  # transaction timeout
        "3D000",  # the database does not exist (yet)
        "55P03",  # lock not available in time
    }
)
_SCHEMA_DIFFERS = frozenset({"42P01", "42703"})  # undefined table, undefined column

DRIVER_ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""Everything that the driver raises; `TimeoutError` is an `OSError`."""


class Rejected(LeaderForgeError):
    """A statement that the server refused, and why: `sqlstate`."""

    def __init__(self, sqlstate: str) -> None:
        message = "the database refused a statement"
        if sqlstate in _SCHEMA_DIFFERS:
            message = "the database's tables are not those of this version: run `leaderforge migrate`"
        super().__init__(message, sqlstate=sqlstate)
        self.sqlstate = sqlstate

    @property
    def for_a_value(self) -> bool:
        """Whether one of the values written was at fault."""
        return self.sqlstate == CHECK_VIOLATION or self.sqlstate.startswith(_DATA_EXCEPTION)


class Contended(StoreUnavailable):
    """A deadlock or a serialization failure: the same transaction may well succeed when repeated at once."""


class Vanished(StoreUnavailable):
    """The first copy of a repeated submission was deleted before it could be read: the submission can be sent again."""


class NodeUnavailable(StoreUnavailable):
    """The server answers, but it does not reach a node that holds some of the players."""


def translated(error: Exception) -> LeaderForgeError:
    """Return the product's error for one of `DRIVER_ERRORS`. It tells neither addresses nor credentials."""
    if isinstance(error, TimeoutError):
        return StoreUnavailable("the database did not answer in time")
    if isinstance(error, asyncpg.PostgresError):
        return _of_sqlstate(getattr(error, "sqlstate", None) or "XX000")
    if isinstance(error, asyncpg.ClientConfigurationError):
        return LeaderForgeError("the database's address is not one that can be connected to")
    return StoreUnavailable("the database cannot be reached")


def _of_sqlstate(sqlstate: str) -> LeaderForgeError:
    if sqlstate in _CONFLICTS:
        return Contended("the database is contended", sqlstate=sqlstate)
    if sqlstate == _CONNECTION_FAILURE:
        return NodeUnavailable("a node of the database is not available", sqlstate=sqlstate)
    if sqlstate in _UNAVAILABLE or sqlstate[:2] in _UNAVAILABLE_CLASSES:
        return StoreUnavailable("the database is not available", sqlstate=sqlstate)
    return Rejected(sqlstate)
