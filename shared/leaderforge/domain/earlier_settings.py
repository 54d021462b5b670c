"""Earlier settings of boards: the rank styles and tiers before their changes, for reads at past moments."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from leaderforge.domain.boards import Board, EarlierSettings, RankStyle
from leaderforge.domain.tier_rules import tiers_of

MAX_EARLIER_SETTINGS = 100
"""Maximum number of earlier settings of a board. With 20 tiers each, they take about 120 kB in the row of the board."""


def with_earlier_settings(changed: Board, before: Board, now: int) -> Board:
    """Return a changed board with its earlier settings after a change of `before` at `now` (ms).

    A new rank style or new tiers add the settings of `before`. A board without moments has no earlier settings.
    """
    if changed.moments is None or before.moments is None:
        return changed
    settings = before.earlier_settings
    if (changed.rank_style, changed.tiers) != (before.rank_style, before.tiers):
        settings = (*_readable(changed, settings, now), _replaced(before, now))[-MAX_EARLIER_SETTINGS:]
    return replace(changed, earlier_settings=settings)


def _readable(board: Board, settings: Sequence[EarlierSettings], now: int) -> Sequence[EarlierSettings]:
    """Return the settings that moments need which can be read at `now` (ms)."""
    first = None if board.moments is None else board.moments.first(now, board.frozen_at)
    return [earlier for earlier in settings if earlier.until > (first or 0)]


def _replaced(before: Board, now: int) -> EarlierSettings:
    """Return the settings that a change at `now` (ms) replaces."""
    # The clock of another process, which made the previous change, may be ahead.
    until = max([now, *(earlier.until for earlier in before.earlier_settings[-1:])])
    return EarlierSettings(until, before.rank_style, before.tiers)


def earlier_settings_text(settings: Sequence[EarlierSettings]) -> str | None:
    """Return earlier settings as a JSON list, None without any."""
    return json.dumps(list(map(_members, settings))) if settings else None


def earlier_settings_of(objects: Iterable[Mapping[str, Any]]) -> tuple[EarlierSettings, ...]:
    """Return the earlier settings in a JSON list of `earlier_settings_text`."""
    return tuple(
        EarlierSettings(members["until"], RankStyle(members["rank_style"]), tiers_of(members.get("tiers", ())))
        for members in objects
    )


def _members(settings: EarlierSettings) -> Mapping[str, object]:
    members: dict[str, object] = {"until": settings.until, "rank_style": settings.rank_style}
    return members | {"tiers": [tier.members for tier in settings.tiers]} if settings.tiers else members
