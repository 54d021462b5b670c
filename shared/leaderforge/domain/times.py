"""Times as text."""

from datetime import datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1)
_BEGINNING = f"{datetime.min.isoformat()}.000Z"
"""Text of the earliest time. Earlier times have the same text, because RFC 3339 has no years before 1."""


def time_text(milliseconds: int) -> str:
    """Return a time in ms since 1970 as RFC 3339 text in UTC."""
    seconds, fraction_ms = divmod(milliseconds, 1000)
    try:
        return f"{_second_text(seconds)}.{fraction_ms:03}Z"
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
def _second_text(seconds: int) -> str:
    """Return a time in s since 1970 as text. Cache it, because most receipts contain one of a few recent seconds."""
    return (_EPOCH + timedelta(seconds=seconds)).isoformat()
