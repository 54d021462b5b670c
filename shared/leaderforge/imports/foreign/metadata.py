"""Conversion of the metadata of foreign boards to JSON objects."""

import json
from collections.abc import Mapping
from contextlib import suppress

from leaderforge.imports.json_numbers import NumberText, TooDeep, with_numbers


def metadata_members(value: object, member: str = "metadata") -> Mapping[str, object] | None:
    """Return an object, or the object in a JSON text. Put another value into `member`.

    Return None for None, an empty text, and an empty object in a text.
    """
    if value is None or value in ("", "{}"):
        return None
    if isinstance(value, str) and not isinstance(value, NumberText):
        try:
            parsed = json.loads(value)
        except (ValueError, RecursionError):
            parsed = None
        return parsed if isinstance(parsed, dict) else {member: value}
    # The import refuses a value that is nested too deeply.
    with suppress(TooDeep):
        value = with_numbers(value)
    return value if isinstance(value, dict) else {member: value}
