"""The JSON member for a player's external id. Answers lack it for a player without one."""

from collections.abc import Mapping
from typing import Any


def external_id_of(user_id: int | None, external_ids: Mapping[int, str]) -> Mapping[str, Any]:
    """Return the JSON member for the external id of a player. The mapping is empty for a player without one."""
    external_id = None if user_id is None else external_ids.get(user_id)
    return {} if external_id is None else {"external_id": external_id}
