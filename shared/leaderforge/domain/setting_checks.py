"""Validation of single values of settings."""

from collections.abc import Callable

from leaderforge.domain.errors import Refused
from leaderforge.domain.names import display_fault, displayed
from leaderforge.domain.score_types import LongScore, ScoreType


def shown_text(setting: str, text: str, longest: int) -> str:
    """Return the text in its displayed form. Raises `Refused`, with the name of the setting, if it cannot be shown."""
    displayed_text = displayed(text)
    fault = display_fault(displayed_text, longest)
    if fault is not None:
        raise Refused(f"{setting}: {text[:80]!r} {fault}", setting=setting)
    return displayed_text


def optional_text(setting: str, text: str | None, longest: int) -> str | None:
    """Return the text as `shown_text` does. None stays None."""
    return None if text is None else shown_text(setting, text, longest)


def require_within(setting: str, value: int | None, low: int, high: int) -> None:
    """Raise `Refused` unless the number lies within the bounds. None means no number."""
    if value is not None and not low <= value <= high:
        raise Refused(f"{setting}: must be {low} to {high}, not {value}", setting=setting)


def require_score_limits(score_type: ScoreType, low: int | None, high: int | None) -> None:
    """Raise `Refused` unless the lowest and the highest score are scores of this type, in this order."""
    for setting, score in ("min_score", low), ("max_score", high):
        if isinstance(score, LongScore) and score_type is not ScoreType.INT64:
            raise Refused(f"{setting}: must be a number, not text, on a board without 64-bit scores", setting=setting)
    require_within("min_score", low, -score_type.greatest, score_type.greatest)
    require_within("max_score", high, -score_type.greatest, score_type.greatest)
    if low is not None and high is not None and low > high:
        message = f"min_score: {low!r} is above max_score ({high!r}); lower it or raise max_score"
        raise Refused(message, setting="min_score")


def checked_setting(setting: str, require: Callable[[str], str], value: str) -> str:
    """Return the result of `require` for the value. A refusal by `require` gets the name of the setting as a prefix."""
    try:
        return require(value)
    except Refused as refused:
        raise Refused(f"{setting}: {refused.message}", setting=setting) from None
