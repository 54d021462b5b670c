"""Values of board settings as JSON, for the audit log."""

from collections.abc import Mapping
from typing import Any

from leaderforge.domain.boards import MAX_INTEGER
from leaderforge.domain.league_rules import members_of


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with values that JSON can hold."""
    result = dict(values)
    for name in ("min_score", "max_score"):
        if name in values:
            result[name] = _exact(values[name])
    if "tiers" in values:
        result["tiers"] = [{name: _exact(value) for name, value in tier.members.items()} for tier in values["tiers"]]
    if "feeds" in values:
        result["feeds"] = [feed.members for feed in values["feeds"]]
    if "tiebreakers" in values:
        result["tiebreakers"] = [tiebreaker.members for tiebreaker in values["tiebreakers"]]
    for name in ("tournament", "rewards"):
        if values.get(name) is not None:
            result[name] = values[name].members
    if values.get("league") is not None:
        result["league"] = members_of(values["league"])
    if values.get("team") is not None:
        result["team"] = values["team"].as_json
    return result


def _exact(value: Any) -> Any:
    """Return the value, as text if it is an integer beyond `MAX_INTEGER`, because readers of JSON could round it."""
    return str(value) if isinstance(value, int) and abs(value) > MAX_INTEGER else value
