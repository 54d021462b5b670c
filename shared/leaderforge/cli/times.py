"""Times and durations as people read and write them."""

import re
from datetime import UTC, datetime

from leaderforge.domain.errors import Refused

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_DURATION = re.compile(r"([0-9]{1,9})([smhd])")


def time_text(at: int) -> str:
    """Return a time (ms since 1970) in UTC, to the second."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def seconds_of(text: str) -> int:
    """Return the seconds of a duration such as `90s`, `15m`, `24h` or `7d`. Raises `Refused` for other texts."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise Refused(f"{text!r} is not a duration; give a number and a unit, such as 90s, 15m, 24h or 7d")
    return int(match[1]) * _UNITS_S[match[2]]
