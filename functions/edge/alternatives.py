"""Checks of JSON members and parameters that exclude each other."""

from leaderforge.domain.errors import Refused


def require_at_most_one(**values: object) -> None:
    """Raise `Refused` if more than one of the named values was sent. A value that was not sent is None."""
    names = [name for name, value in values.items() if value is not None]
    if len(names) > 1:
        raise Refused(f"{' and '.join(names)} exclude each other; remove one of them")


def require_one(**values: object) -> None:
    """Raise `Refused` unless exactly one of the named values was sent. A value that was not sent is None."""
    require_at_most_one(**values)
    if all(value is None for value in values.values()):
        first, *alternatives = values
        problem = f"is required, unless {' or '.join(alternatives)} is sent"
        raise Refused(f"{first}: {problem}", errors=[{"at": first, "problem": problem}])
