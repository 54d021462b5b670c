"""Metadata of foreign boards as a JSON object, which metadata is here."""

import json
from collections.abc import Mapping


def metadata_members(value: object, member: str = "metadata") -> Mapping[str, object] | None:
    """Return a value as an object: parsed if it is the text of one, else under the name `member`. None for no value."""
    if value is None or value in ("", "{}"):
        return None
    if isinstance(value, str):
        try:
            parsed = json.loads(value)
        except (ValueError, RecursionError):
            parsed = None
        return parsed if isinstance(parsed, dict) else {member: value}
    return value if isinstance(value, dict) else {member: value}
