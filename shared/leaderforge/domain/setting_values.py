"""Values of board settings as JSON, for the audit log."""

from collections.abc import Mapping
from typing import Any

from leaderforge.domain.league_rules import members_of


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with values that JSON can hold."""
    result = dict(values)
    if "tiers" in values:
        result["tiers"] = [tier.members for tier in values["tiers"]]
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
