"""Named numbers: integers that a game sends with a score, such as a time or lives."""

import json
import re
from collections.abc import Mapping

from leaderforge.domain.boards import MAX_INTEGER

MAX_NUMBERS = 8
"""Maximum named numbers of a submission."""
NUMBER_NAME_PATTERN = "[a-z][a-z0-9_]{0,31}"
"""Regular expression that the whole name of a named number must match."""

_NAME = re.compile(NUMBER_NAME_PATTERN)


def numbers_text(numbers: Mapping[str, object]) -> str:
    """Return named numbers as JSON text, ordered by name. Raises `ValueError` if a name or a number is not valid."""
    if not 1 <= len(numbers) <= MAX_NUMBERS:
        raise ValueError(f"must hold 1 to {MAX_NUMBERS} numbers, not {len(numbers)}")
    for name, number in numbers.items():
        require_number_name(name)
        _require_integer(name, number)
    return json.dumps(numbers, sort_keys=True, separators=(",", ":"))


def numbers_of(text: str | None) -> dict[str, int]:
    """Return the named numbers in JSON text, an empty dict for None."""
    return {} if text is None else json.loads(text)


def require_number_name(name: str) -> None:
    """Raise `ValueError` if a text cannot be the name of a number."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name[:80]!r} is not a name: use 1 to 32 of a-z, 0-9 and _, with a letter first")


def _require_integer(name: str, number: object) -> None:
    # In Python, True and False are integers too.
    if type(number) is not int or abs(number) > MAX_INTEGER:
        raise ValueError(f"{name} must be an integer from -{MAX_INTEGER} to {MAX_INTEGER}")
