"""Moments: past times. A board can be read as it was at a moment."""

from dataclasses import dataclass, replace

from leaderforge.domain.errors import Refused
from leaderforge.domain.moment_errors import MomentNotFound
from leaderforge.domain.times import time_text
from leaderforge.domain.timing import SETTLE_MS

MAX_MOMENT_DAYS = 3_660
"""Maximum number of days that past standings are kept: ten years."""

_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Moments:
    """Setting of a board that keeps its past standings for `days` days.

    `enabled_at` (ms) is when the board got the setting. `since` (ms) is the first moment that can be read. `since` is
    None until the standings that existed before are copied. `segments_since` (ms) is the first moment at which segments
    can be read, None until the stored states have their segments.
    """

    days: int
    enabled_at: int
    since: int | None = None
    segments_since: int | None = None

    def has_segments_at(self, moment: int) -> bool:
        """Return whether segments can be read at a moment (ms)."""
        return self.segments_since is not None and moment >= self.segments_since

    def first(self, now: int, frozen_at: int | None = None) -> int | None:
        """Return the first moment (ms) that can be read at `now` (ms), None while no moment can be read.

        A frozen board keeps the moment `frozen_at` (ms), and all later moments, for longer than `days` days.
        """
        if self.since is None:
            return None
        oldest = now - self.days * _DAY_MS
        return max(self.since, oldest if frozen_at is None else min(oldest, frozen_at))


def changed_moments(before: Moments | None, days: int | None, now: int, frozen_at: int | None = None) -> Moments | None:
    """Return the moments of a board after a change of `moment_days` at `now` (ms). `frozen_at` (ms) is its freeze."""
    if days is None or before is None:
        return None if days is None else Moments(days, now)
    if days <= before.days:
        return replace(before, days=days)
    # More days do not bring back the states that maintenance has deleted.
    return replace(before, days=days, since=before.first(now, frozen_at))


def revision_at(moment: int) -> int:
    """Return the highest revision that a standing could have at a moment (ms). Revisions are in us."""
    return moment * 1000 + 999


def last_final(now: int) -> int:
    """Return the last final moment at `now`. Times are in ms.

    A submission has the time of the start of its transaction, and may be committed up to `SETTLE_MS` later. Until then,
    it may still change the standings of a moment.
    """
    return now - SETTLE_MS


def require_first(slug: str, moments: Moments | None, now: int, frozen_at: int | None) -> int:
    """Return `Moments.first`. Raises `MomentNotFound` if the board has no moments yet."""
    if moments is None:
        raise MomentNotFound(
            f"board {slug!r} keeps no past standings; set moment_days, and read moments from then on", board=slug
        )
    first = moments.first(now, frozen_at)
    if first is None:
        raise MomentNotFound(f"board {slug!r} copies its standings; its first moment can be read soon", board=slug)
    return first


def require_moment(slug: str, moments: Moments | None, moment: int, now: int, frozen_at: int | None) -> None:
    """Raise `MomentNotFound` unless the board can be read at the moment. Raise `Refused` if the moment is not final.

    `frozen_at` is the board's freeze. All times are in ms.
    """
    first = require_first(slug, moments, now, frozen_at)
    if moment < first:
        raise MomentNotFound(
            f"board {slug!r} has no moment {time_text(moment)}; the first one is {time_text(first)}",
            board=slug,
            first=time_text(first),
        )
    if moment > last_final(now):
        raise Refused(
            f"the moment {time_text(moment)} is not final; use a time before {time_text(last_final(now))}", board=slug
        )


def require_segments_at(slug: str, moments: Moments | None, moment: int) -> None:
    """Raise `MomentNotFound` if segments cannot be read at the moment (ms), because the stored states lack them."""
    if moments is None or moments.has_segments_at(moment):
        return
    if moments.segments_since is None:
        raise MomentNotFound(f"board {slug!r} copies its segments; segments can be read at moments soon", board=slug)
    first = time_text(moments.segments_since)
    raise MomentNotFound(
        f"board {slug!r} has no segments at the moment {time_text(moment)}; the first moment with segments is {first}",
        board=slug,
        first=first,
    )


def require_complete_at(slug: str, moment: int, first: int) -> None:
    """Raise `MomentNotFound` if the moment (ms) is before `first` (ms), the end of the backfill of the period."""
    if moment < first:
        raise MomentNotFound(
            f"board {slug!r} got this period later: it has no moment {time_text(moment)}; the first one is "
            f"{time_text(first)}",
            board=slug,
            first=time_text(first),
        )


def require_moments_kept(frozen_at: int | None, moment_days: int | None) -> None:
    """Raise `Refused` if a board that keeps no past standings is to be frozen. `frozen_at` is in ms."""
    if frozen_at is not None and moment_days is None:
        raise Refused("frozen_at: needs past standings; set moment_days too", setting="frozen_at")


def require_freezable(frozen_at: int | None, moments: Moments | None, now: int, frozen_before: int | None) -> None:
    """Raise `Refused` if the board cannot be frozen at `frozen_at` (ms), because this moment cannot be read at `now`.

    `frozen_before` (ms) is the moment of its present freeze, None without a freeze.
    """
    if frozen_at is None or moments is None:
        return
    first = moments.first(now, frozen_before)
    if first is None:
        raise Refused("frozen_at: the board still copies its standings; freeze it later", setting="frozen_at")
    if frozen_at < first:
        raise Refused(
            f"frozen_at: {time_text(frozen_at)} is before the first moment {time_text(first)}", setting="frozen_at"
        )
