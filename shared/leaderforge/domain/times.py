"""Times as text."""

from datetime import datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1)
_BEGINNING = f"{datetime.min.isoformat()}.000Z"
"""Text of the earliest time. Earlier times have the same text, because RFC 3339 has no years before 1."""
_MINUTE_TEXTS = [f"T{minute // 60:02}:{minute % 60:02}:" for minute in range(1440)]
"""Texts of hours and minutes, by the minute of the day."""


def time_text(milliseconds: int) -> str:
    """Return a time in ms since 1970 as RFC 3339 text in UTC."""
    minutes, ms = divmod(milliseconds, 60_000)
    days, minute = divmod(minutes, 1440)
    try:
        return f"{_day_text(days)}{_MINUTE_TEXTS[minute]}{ms // 1000:02}.{ms % 1000:03}Z"
    except OverflowError:
        return _BEGINNING


def moment_of(text: str) -> datetime:
    """Return the time in a text of ISO 8601, without a time zone if the text has none. Raises `ValueError`."""
    if text[-1:] in {"z", "Z"}:
        # Python's parser refuses a lower-case z, which RFC 3339 allows, and skips any character before a Z.
        if not text[-2:-1].isdigit():
            raise ValueError("no digit before Z")
        text = f"{text[:-1]}Z"
    return datetime.fromisoformat(text)


@lru_cache(4096)
def _day_text(days: int) -> str:
    """Return the date of a time in days since 1970, cached because `datetime` costs more than the rest of an entry."""
    return (_EPOCH + timedelta(days=days)).date().isoformat()
