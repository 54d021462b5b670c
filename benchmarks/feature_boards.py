"""Features of boards whose cost is measured, with their settings and calls."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from benchmarks.requests import RANGES, FeatureName


class Feature(NamedTuple):
    """Setting of a board, and the calls whose cost is measured. Both compared boards have the settings `common`."""

    setting: Mapping[str, Any]
    calls: Mapping[str, str]
    """Calls of the board with the feature, and for each the call of the plain board with which it is compared."""
    common: Mapping[str, Any]
    has_teams: bool = False
    """Whether all players are in teams, and a team board has this board as its source."""
    has_numbers: bool = False
    """Whether submissions to both boards have named numbers."""
    has_long_scores: bool = False
    """Whether submissions to the board with the feature have scores that need 64 bits."""


def same(*calls: str) -> dict[str, str]:
    """Return these calls, each compared with itself."""
    return {call: call for call in calls}


def feeds(board: str, *numbers: str | None) -> dict[str, Any]:
    """Return the setting of a board that feeds a board of its own with each number, and with the score for None."""
    fed = [{"board": f"{board}-{number or 'score'}"} | ({"number": number} if number else {}) for number in numbers]
    return {"feeds": fed}


_SUM = {"policy": "sum"}
"""Policy with which each submission improves the standing, and therefore yields a notice `score.improved`."""
_LATEST = {"policy": "latest"}
"""Policy with which each submission changes the standing, for features that the policy `sum` does not have."""
_SEGMENTS = {"segments": ["country", "platform"]}
_TIEBREAKERS = [
    {"name": name, "order": "desc" if name == "coins" else "asc", "max": size - 1} for name, size in RANGES.items()
]
"""Tiebreakers that, with the score, order entries by four numbers."""
_FEW_TIERS = [
    {"name": "champion", "rank": 100},
    *({"name": f"top {percent}", "percent": percent} for percent in (5, 20, 50)),
    {"name": "entrant"},
]

FEATURES = {
    FeatureName.EVENTS: Feature({"events": ["score.improved"]}, same("submit"), _SUM),
    # A minimum interval of 0 refuses nothing, but makes batches run the statements of boards with rules.
    FeatureName.EVENTS_RULES: Feature({"events": ["score.improved"]}, same("submit"), _SUM | {"min_interval_ms": 0}),
    FeatureName.EVENTS_RANKS: Feature(
        {"events": ["score.improved", "tier.changed", "rank.entered_top"]}, same("submit"), _SUM | {"tiers": _FEW_TIERS}
    ),
    # No player has friends: only the look-up of followers is measured, which finds none.
    FeatureName.EVENTS_FRIENDS: Feature({"events": ["score.improved", "player.overtaken"]}, same("submit"), _SUM),
    FeatureName.MOMENTS: Feature({"moment_days": 30}, same("submit", "rank", "page"), _SUM),
    # Each submission changes the sum of a player, and therefore the score of the team.
    # A team page is compared with what shows members without teams: a look-up of as many players.
    FeatureName.TEAMS: Feature({}, same("submit", "rank") | {"team_page": "lookup_team"}, _SUM, has_teams=True),
    FeatureName.FEEDS_1: Feature(feeds("feeds-1", "coins"), same("submit_numbers"), _SUM, has_numbers=True),
    FeatureName.FEEDS_4: Feature(
        feeds("feeds-4", "coins", "deaths", "time_ms", None), same("submit_numbers"), _SUM, has_numbers=True
    ),
    FeatureName.NUMBERS: Feature(
        {"tiebreakers": _TIEBREAKERS}, same("submit_numbers", "rank", "page", "around"), _LATEST, has_numbers=True
    ),
    FeatureName.INT64: Feature(
        {"score_type": "int64"},
        {"submit_long": "submit"} | same("rank", "page", "around"),
        _LATEST,
        has_long_scores=True,
    ),
    FeatureName.SEGMENTS: Feature(_SEGMENTS, same("submit", "rank"), {"policy": "best"}),
    FeatureName.SEGMENTS_SUM: Feature(_SEGMENTS, same("submit", "rank"), _SUM),
    FeatureName.TIERS: Feature(
        {
            "tiers": [
                {"name": "champion", "rank": 100},
                *({"name": f"tier {percent}", "percent": percent} for percent in range(5, 90, 5)),
                {"name": "beginner", "score": 100_000},
                {"name": "entrant"},
            ]
        },
        same("submit", "rank", "top", "page", "around", "lookup"),
        {"policy": "best"},
    ),
}
"""Features by name. The board with tiers has the maximum number of tiers, with all kinds of limits. With the policy
`best`, few submissions of `segments` improve a standing. With `segments-sum`, each submission does.
"""
