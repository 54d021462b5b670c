"""Comparison of JSON texts by their values."""

import json
from decimal import Decimal


class _Number(Decimal):
    """Number of a JSON text. It equals other numbers only. In Python, the number 1 would also equal `True`."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Number) and Decimal.__eq__(self, other)

    __hash__ = Decimal.__hash__


def is_same_json(first: str | None, second: str | None) -> bool:
    """Return whether two JSON texts have the same value.

    The order of JSON members, white space and the form of numbers make no difference. None means no text, and equals
    only None.
    """
    if first is None or second is None or first == second:
        return first == second
    return _parsed(first) == _parsed(second)


def _parsed(text: str) -> object:
    return json.loads(text, parse_int=_Number, parse_float=_Number)
