"""Times in files. A text that could mean two times is refused with a hint, never guessed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from math import floor
from zoneinfo import ZoneInfo

from leaderforge.domain.errors import Refused
from leaderforge.domain.order import MAX_TIME
from leaderforge.domain.periods import require_time_zone
from leaderforge.domain.score_texts import shortened
from leaderforge.domain.times import moment_of

UNITS = {
    "seconds": Decimal(1000),
    "milliseconds": Decimal(1),
    "microseconds": Decimal("0.001"),
    "nanoseconds": Decimal("0.000001"),
}
"""Units of numbers since 1970, with their length in ms."""
SERIAL = "serial"
"""Format of the days of spreadsheets: days since 1899-12-30, with the time of day as the fraction."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SERIAL_EPOCH = datetime(1899, 12, 30)
_MILLISECOND = timedelta(milliseconds=1)
_MAX_DIGITS = 30
"""Maximum number of digits of a number, also if it is written with an exponent."""
_HINTS = {10: "seconds", 16: "microseconds", 19: "nanoseconds"}
"""Likely units of numbers, by their number of digits."""


class TimeParser:
    """Parser of the times of one file. `zone` is the time zone of times without an offset.

    The format is a unit of `UNITS`, `serial`, or a pattern such as `%d.%m.%Y %H:%M`. Without a format, a time is ISO
    8601, or a number of milliseconds since 1970 with 13 digits. In an hour that the clocks repeat, times belong to the
    first pass.
    """

    def __init__(self, time_format: str | None = None, zone: str = "UTC") -> None:
        self._zone: tzinfo = UTC if zone == "UTC" else ZoneInfo(require_time_zone(zone))
        self._parse = self._parser(time_format)

    def __call__(self, text: str) -> int:
        """Return the time of a text in ms since 1970. Raises `ValueError` with the reason."""
        time = self._parse(text)
        if abs(time) > MAX_TIME:
            raise ValueError(f"the time {shortened(text)} is more than 4,459 years from 1970")
        return time

    def _parser(self, time_format: str | None) -> Callable[[str], int]:
        if time_format is None:
            return self._standard
        if time_format == SERIAL:
            return self._serial
        if time_format in UNITS:
            unit = UNITS[time_format]
            return lambda text: floor(_number(text) * unit)
        if "%" not in time_format:
            formats = ", ".join([*UNITS, SERIAL])
            raise Refused(f"unknown time format {time_format!r}: use {formats} or a pattern such as '%d.%m.%Y %H:%M'")
        # Cache the results, because dates recur and parsing by a pattern is slow.
        return lru_cache(65536)(lambda text: self._patterned(text, time_format))

    def _standard(self, text: str) -> int:
        """Return the time in a text of ISO 8601, or in a number of milliseconds."""
        digits = text[1:] if text[:1] == "-" else text
        if len(text) != 8 and digits.isdecimal() and digits.isascii():
            return _milliseconds(text)
        try:
            return self._instant(moment_of(text))
        except (ValueError, OverflowError):
            hint = "an eight-digit date must exist" if text.isdecimal() else "write ISO 8601, or set --time-format"
            raise ValueError(f"{shortened(text)} is not a time: {hint}") from None

    def _serial(self, text: str) -> int:
        try:
            return self._instant(_SERIAL_EPOCH + round(_number(text) * 86_400_000) * _MILLISECOND)
        except OverflowError:
            raise ValueError(f"the day {shortened(text)} is beyond the year 9999") from None

    def _patterned(self, text: str, pattern: str) -> int:
        try:
            return self._instant(datetime.strptime(text, pattern))
        except (ValueError, OverflowError):
            raise ValueError(f"{shortened(text)} does not fit the time format {pattern!r}") from None

    def _instant(self, moment: datetime) -> int:
        return ((moment if moment.tzinfo else moment.replace(tzinfo=self._zone)) - _EPOCH) // _MILLISECOND


def _milliseconds(text: str) -> int:
    """Return the milliseconds since 1970 in a number. Raises `ValueError` if it may mean something else."""
    if len(text) == 13 and text.isdecimal():
        return int(text)
    unit = _HINTS.get(len(text))
    hint = f"--time-format {unit}" if unit else f"--time-format, such as milliseconds, seconds or {SERIAL}"
    raise ValueError(f"the time {shortened(text)} is ambiguous: if it is a number since 1970, set {hint}")


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text) if len(text) <= _MAX_DIGITS and "_" not in text else None
    except InvalidOperation:
        number = None
    # Check the size before any arithmetic: Python would compute all digits of 1e200000 in one call of several seconds.
    if number is None or not number.is_finite() or number.adjusted() > _MAX_DIGITS:
        raise ValueError(f"{shortened(text)} is not a number")
    return number
