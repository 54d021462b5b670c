"""Numbers of JSON texts that stay texts until their use, because a float would round them."""


class NumberText(str):
    """Text of a JSON number.

    A class with a constructor in Python would take 2 us more for each number.
    """

    __slots__ = ()


class TooDeep(Exception):
    """Error for a value with more than `_MAX_LEVELS` levels of lists and objects."""


_MAX_LEVELS = 200
"""Maximum number of levels of lists and objects in a value. Python can convert about 480 before a `RecursionError`."""


def with_numbers(value: object, levels: int = _MAX_LEVELS) -> object:
    """Return a JSON value with integers and floats in place of the texts of numbers. Raises `TooDeep`."""
    if isinstance(value, NumberText):
        return _number(value)
    if not isinstance(value, dict | list):
        return value
    if not levels:
        raise TooDeep
    if isinstance(value, dict):
        return {name: with_numbers(content, levels - 1) for name, content in value.items()}
    return [with_numbers(content, levels - 1) for content in value]


def _number(text: NumberText) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)
