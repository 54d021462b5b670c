"""Times as text."""

from datetime import datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1)
_BEGINNING = f"{datetime.min.isoformat()}.000Z"


def time_text(milliseconds: int) -> str:
    """Return a time in ms since 1970 as RFC 3339 in UTC, which knows no years before 1."""
    seconds, rest = divmod(milliseconds, 1000)
    try:
        return f"{_second_text(seconds)}.{rest:03}Z"
    except OverflowError:
        return _BEGINNING


@lru_cache(4096)
def _second_text(seconds: int) -> str:
    """Return a second since 1970 as text; receipts ask for the same few again and again."""
    return (_EPOCH + timedelta(seconds=seconds)).isoformat()
