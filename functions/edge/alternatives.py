"""Members and parameters of which a request may have one only."""

from typing import TypeVar

from leaderforge.domain.errors import Refused

ValueT = TypeVar("ValueT")


def require_at_most_one(**values: object) -> None:
    """Raise `Refused` if more than one of the named values was sent. A value that was not sent is None."""
    names = [name for name, value in values.items() if value is not None]
    if len(names) > 1:
        raise Refused(f"{' and '.join(names)} exclude each other; remove one of them")


def require_one(**values: ValueT | None) -> ValueT:
    """Return the only one of the named values that was sent. A value that was not sent is None.

    Raises `Refused` if none was sent, or more than one.
    """
    require_at_most_one(**values)
    for value in values.values():
        if value is not None:
            return value
    first, *alternatives = values
    problem = f"is required, unless {' or '.join(alternatives)} is sent"
    raise Refused(f"{first}: {problem}", errors=[{"at": first, "problem": problem}])
