"""Validation of single values of settings."""

from collections.abc import Callable

from leaderforge.domain.errors import Refused
from leaderforge.domain.names import display_fault, displayed


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


def checked_setting(setting: str, require: Callable[[str], str], value: str) -> str:
    """Return the result of `require` for the value. Prefix its refusal with the name of the setting."""
    try:
        return require(value)
    except Refused as refused:
        raise Refused(f"{setting}: {refused.message}", setting=setting) from None
