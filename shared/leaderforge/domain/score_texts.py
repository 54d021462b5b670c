"""Scores as text: in the unit and with the decimals of their board, as the web page shows them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from leaderforge.domain.boards import MAX_INTEGER, PLAIN, Display
from leaderforge.domain.score_types import ScoreType

_FRACTION_DIGITS = {"ms": 3, "s": 0}
"""Units of time, each with its number of decimals of a second: 3 for milliseconds."""
_QUOTE = "\N{RIGHT SINGLE QUOTATION MARK}"
_SIGNS = "[-+\N{MINUS SIGN}]?"
_MAX_SHOWN = 60
"""Maximum characters of a wrong value in a message."""
_ALWAYS_SAFE = len(str(MAX_INTEGER)) - 1
"""Number of digits up to which every whole number is at most `MAX_INTEGER`."""
_LOOKS_GROUPED = re.compile(rf"{_SIGNS}[0-9]{{1,3}}(?:[,.'{_QUOTE}\s][0-9]{{1,3}})+")


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """Marks in numbers: the decimal mark, and the separator of thousands, None without a separator."""

    decimal: str = "."
    thousands: str | None = None


PLAIN_NUMBERS = NumberStyle()


def score_text(display: Display, score: int) -> str:
    """Return a score as the board shows it, such as `12.34` or, in a unit of time, `1:02:03.50`."""
    sign = "-" if score < 0 else ""
    digits = _clock_digits(display)
    if digits is None:
        return sign + _with_fraction(abs(score), display.decimals)
    seconds, fraction = divmod(abs(score), 10**digits)
    hours, minutes = divmod(seconds // 60, 60)
    clock = f"{hours}:{minutes:02}" if hours else str(minutes)
    return f"{sign}{clock}:{seconds % 60:02}" + (f".{fraction:0{digits}}" if digits else "")


class ScoreParser:
    """Parser of one board's scores, in stored or in shown form. It never rounds and never guesses.

    A stored score is a whole number, as the API sends it. A shown score is a number in the board's unit or, on boards
    with a unit of time, a clock time such as `1:26.572`.
    """

    def __init__(
        self,
        display: Display = PLAIN,
        style: NumberStyle = PLAIN_NUMBERS,
        score_type: ScoreType = ScoreType.NUMBER,
    ) -> None:
        self._score_type = score_type
        self._display = display
        self._style = style
        self._clock_digits = _clock_digits(display)
        self._scale: int = 10**display.decimals
        whole = r"[0-9]+"
        if style.thousands is not None:
            whole = rf"(?:[0-9]{{1,3}}(?:{_separator_pattern(style.thousands)}[0-9]{{3}})+|[0-9]+)"
        fraction = rf"(?:{re.escape(style.decimal)}([0-9]+))?"
        self._number = re.compile(rf"({_SIGNS})({whole}){fraction}")
        self._clock = re.compile(rf"({_SIGNS})(?:([0-9]{{1,15}}):)?([0-9]{{1,15}}):([0-9]{{2}}){fraction}")

    def from_stored(self, text: str) -> int:
        """Return the score in the text of a whole number. Raises `ValueError` with the reason."""
        if text.isdecimal() and text.isascii() and len(text) <= _ALWAYS_SAFE:
            return int(text)
        match = self._number.fullmatch(text)
        if match is None or match[3] is not None:
            raise ValueError(f"{shortened(text)} is not an integer score{self._hint(text)}")
        return self._bounded(text, match[1], _digits(match[2]))

    def from_shown(self, text: str) -> int:
        """Return the score in the text of a number in the board's unit. Raises `ValueError` with the reason."""
        if text.isdecimal() and text.isascii() and len(text) <= _ALWAYS_SAFE - self._display.decimals:
            return int(text) * self._scale
        if match := self._number.fullmatch(text):
            return self._scaled(text, match[1], _digits(match[2]), match[3], self._display.decimals)
        if self._clock_digits is not None and (match := self._clock.fullmatch(text)):
            return self._scaled(text, match[1], self._seconds(text, match), match[5], self._clock_digits)
        kind = "a score" if self._display.decimals or self._clock_digits is not None else "an integer score"
        raise ValueError(f"{shortened(text)} is not {kind}{self._hint(text)}")

    def whole(self, texts: Sequence[str], *, is_stored: bool) -> list[int] | None:
        """Return the stored or shown scores in the texts if all are whole numbers, None otherwise.

        For many texts, this is several times as fast as parsing each of them.
        """
        digits = "".join(texts)
        lengths = list(map(len, texts))
        longest = _ALWAYS_SAFE if is_stored else _ALWAYS_SAFE - self._display.decimals
        if not (digits.isdecimal() and digits.isascii() and min(lengths) > 0 and max(lengths) <= longest):
            return None
        scale = 1 if is_stored else self._scale
        return list(map(int, texts)) if scale == 1 else [int(text) * scale for text in texts]

    def is_only_shown(self, text: str) -> bool:
        """Return whether the text can be a shown score only: a number with decimals, or a clock time."""
        match = self._number.fullmatch(text)
        if match is not None:
            return match[3] is not None
        return self._clock_digits is not None and self._clock.fullmatch(text) is not None

    def _scaled(self, text: str, sign: str, whole: str, fraction: str | None, digits: int) -> int:
        """Return the number as an integer with this number of decimals."""
        decimals = (fraction or "").rstrip("0")
        if len(decimals) > digits:
            has, keeps = _decimals(len(decimals)), _decimals(digits)
            raise ValueError(f"{shortened(text)} has {has}, and the board keeps {keeps}")
        return self._bounded(text, sign, whole + decimals.ljust(digits, "0"))

    def _bounded(self, text: str, sign: str, digits: str) -> int:
        """Return the integer of the digits. Raises `ValueError` if it is beyond the range of the scores."""
        greatest = self._score_type.greatest
        # Check the length first, because Python converts at most 4,300 digits.
        significant = digits.lstrip("0") or "0"
        score = int(significant) if len(significant) <= len(str(greatest)) else greatest + 1
        if score > greatest:
            raise ValueError(f"the score {shortened(text)} is beyond {self._score_type.range_text}")
        return score if sign in {"", "+"} else -score

    def _seconds(self, text: str, match: re.Match[str]) -> str:
        """Return the whole seconds of a clock time, as digits."""
        hours, minutes, seconds = match[2], match[3], match[4]
        if int(seconds) > 59 or (hours is not None and (len(minutes) != 2 or int(minutes) > 59)):
            raise ValueError(f"{shortened(text)} is not a clock time: write minutes and seconds from 00 to 59")
        return str(int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds))

    def _hint(self, text: str) -> str:
        if _LOOKS_GROUPED.fullmatch(text) or (":" in text and "," in text):
            return ": if it has a separator of thousands or a decimal comma, set --thousands or --decimal"
        if ":" in text and self._clock_digits is None:
            return ": only boards with the unit s or ms have clock times"
        return ""


def shortened(text: str) -> str:
    """Return a value in quotes for a message, cut if it is long."""
    return repr(text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}...")


def _clock_digits(display: Display) -> int | None:
    """Return the number of decimals of a second in the board's scores, None if its unit is not a unit of time."""
    digits = _FRACTION_DIGITS.get(display.unit or "")
    return None if digits is None else digits + display.decimals


def _decimals(count: int) -> str:
    return f"{count or 'no'} decimal{'' if count == 1 else 's'}"


def _with_fraction(score: int, decimals: int) -> str:
    whole, fraction = divmod(score, 10**decimals)
    return f"{whole}.{fraction:0{decimals}}" if decimals else str(whole)


def _separator_pattern(separator: str) -> str:
    """Return the pattern of a separator of thousands. A blank stands for all kinds of blanks, also narrow ones."""
    if separator.isspace():
        return r"\s"
    return f"['{_QUOTE}]" if separator == "'" else re.escape(separator)


def _digits(grouped: str) -> str:
    return grouped if grouped.isdecimal() else re.sub("[^0-9]", "", grouped)
