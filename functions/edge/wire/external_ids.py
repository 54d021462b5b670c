"""The JSON member for a player's external id. Answers about a player without an external id lack it."""

from collections.abc import Mapping
from typing import Any


def external_id_of(user_id: int | None, external_ids: Mapping[int, str]) -> Mapping[str, Any]:
    """Return the JSON member for a player's external id, an empty mapping for a player without an external id."""
    external_id = None if user_id is None else external_ids.get(user_id)
    return {} if external_id is None else {"external_id": external_id}
