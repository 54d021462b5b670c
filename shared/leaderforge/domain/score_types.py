"""Types of scores: numbers that every JSON parser reads exactly, and 64-bit integers, which are text in JSON."""

from enum import StrEnum

MAX_LONG = 2**63 - 1
"""Largest magnitude of a long score. -2^63 is not a long score, because the store ranks by negated scores."""


class ScoreType(StrEnum):
    """Type of a board's scores.

    `number`: integers within +-(2^53 - 1), which are numbers in JSON. `int64`: long scores, which are integers within
    `MAX_LONG`, and decimal text in JSON.
    """

    NUMBER = "number"
    INT64 = "int64"

    @property
    def greatest(self) -> int:
        """Return the largest magnitude of a score."""
        return MAX_LONG if self is ScoreType.INT64 else 2**53 - 1

    @property
    def range_text(self) -> str:
        """Return the range of the scores as a text for messages."""
        return f"+-(2^{self.greatest.bit_length()} - 1)"

    def typed(self, score: int) -> int:
        """Return the score. With `int64`, return it as a `LongScore`, which answers render as text."""
        return LongScore(score) if self is ScoreType.INT64 else score

    def json_value(self, score: int | None) -> int | str | None:
        """Return the score as a value for `json.dumps` and for models: decimal text if it is a long score."""
        return str(score) if self is ScoreType.INT64 and score is not None else score


class LongScore(int):
    """Score of a board with long scores. `format` returns its JSON text: the digits in quotes.

    Answers are rendered with format strings. Long scores are therefore text in all answers, and other boards have no
    extra cost. `str` and `repr` return the digits alone. Results of arithmetic are plain integers: see
    `ScoreType.typed`.
    """

    __slots__ = ()

    def __format__(self, format_spec: str) -> str:
        return super().__format__(format_spec) if format_spec else f'"{self!r}"'
