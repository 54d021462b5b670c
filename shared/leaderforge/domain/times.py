"""Times as text."""

from datetime import datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1)
_BEGINNING = f"{datetime.min.isoformat()}.000Z"
"""Text of the first moment of year 1. All earlier times get this text too, because RFC 3339 has no earlier years."""
_MINUTE_TEXTS = [f"T{minute // 60:02}:{minute % 60:02}:" for minute in range(1440)]
"""Texts of hours and minutes, by the minute of the day."""
_SECOND_TEXTS = [f"{second:02}." for second in range(60)]
_MILLISECOND_TEXTS = [f"{ms:03}Z" for ms in range(1000)]


def time_text(milliseconds: int) -> str:
    """Return a time in ms since 1970 as RFC 3339 text in UTC."""
    minutes, ms = divmod(milliseconds, 60_000)
    try:
        # Use tables, because a page has many times, and formatting of numbers would take twice as long.
        day, minute = _day_text(minutes // 1440), _MINUTE_TEXTS[minutes % 1440]
        return f"{day}{minute}{_SECOND_TEXTS[ms // 1000]}{_MILLISECOND_TEXTS[ms % 1000]}"
    except OverflowError:
        return _BEGINNING


def moment_of(text: str) -> datetime:
    """Return the time in a text of ISO 8601, without a time zone if the text has none. Raises `ValueError`."""
    if text[-1:] in {"z", "Z"}:
        # Allow a lower-case z, as RFC 3339 does. Check that a digit precedes it: Python's parser accepts any character
        # there.
        if not text[-2:-1].isdigit():
            raise ValueError("no digit before Z")
        text = f"{text[:-1]}Z"
    return datetime.fromisoformat(text)


@lru_cache(4096)
def _day_text(days: int) -> str:
    """Return the date of a day since 1970. Cached, because `datetime` costs more than the rest of an entry."""
    return (_EPOCH + timedelta(days=days)).date().isoformat()
