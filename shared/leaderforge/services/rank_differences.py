"""Comparison of a board with the foreign board that its scores were imported from."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, TypeAlias

_Score: TypeAlias = tuple[int, int]
"""Score and subscore."""


class RankCause(StrEnum):
    """Reason why a player has different ranks on the two boards."""

    TIE = "equal scores in another order"
    ROUNDED = "scores that rounding made equal"
    SCORE = "another score here"
    EXCLUDED = "excluded"
    REFUSED = "refused"
    UNRANKED = "no entry here"
    ADDED = "only here"
    MOVED = "moved by players above"
    UNEXPLAINED = "unexplained"


class ForeignPlace(NamedTuple):
    """Player on the foreign board, with the score on that board. `score` is None if the score was not acceptable."""

    rank: int
    player_id: str
    player: str | None
    exact: str
    score: int | None
    subscore: int
    excluded: str | None = None
    refusal: str | None = None


class LocalPlace(NamedTuple):
    """Player on the board here. `rank` is the ordinal rank, whatever the board's rank style."""

    rank: int
    player_id: str | None
    player: str | None
    score: int
    subscore: int


class RankDifference(NamedTuple):
    """Player whose rank differs. A rank is None if the player has no rank on that board."""

    cause: RankCause
    player_id: str | None
    player: str | None
    foreign_rank: int | None
    rank: int | None
    foreign_score: str | None
    score: int | None
    detail: str = ""


@dataclass(slots=True)
class RankComparison:
    """Result of a comparison: number of players with equal ranks, and all differences, in the order of the ranks."""

    equal: int = 0
    differences: list[RankDifference] = field(default_factory=list)

    @property
    def counts(self) -> Mapping[RankCause, int]:
        """Return the number of differences by cause."""
        return Counter(difference.cause for difference in self.differences)


def compare_ranks(
    foreign: Sequence[ForeignPlace], local: Sequence[LocalPlace], *, tie_rule: str = ""
) -> RankComparison:
    """Return the differences between two rankings, best first.

    Only players with the same score on both boards can tie. Among these players, take the player at each position of
    the foreign board, and the player at the same position here. The cause is a tie if their scores are equal.
    """
    places = {place.player_id: place for place in local if place.player_id is not None}
    order = _TieOrder(foreign, local, places)
    comparison = RankComparison()
    for place in foreign:
        here = places.pop(place.player_id, None)
        if here is not None and here.rank == place.rank and order.has_equal_score(place, here):
            comparison.equal += 1
            continue
        cause, detail = _absence(place) if here is None else order.cause(place, here, tie_rule)
        comparison.differences.append(_difference(cause, place, here, detail))
    added = (place for place in local if place.player_id is None or place.player_id in places)
    comparison.differences += (_difference(RankCause.ADDED, None, place) for place in added)
    return comparison


class _TieOrder:
    """Order of the players who have the same score on the foreign board and on the board here."""

    def __init__(
        self, foreign: Sequence[ForeignPlace], local: Sequence[LocalPlace], places: Mapping[str, LocalPlace]
    ) -> None:
        equal = [p for p in foreign if (here := places.get(p.player_id)) is not None and self.has_equal_score(p, here)]
        ids = {place.player_id for place in equal}
        common = [place for place in local if place.player_id in ids]
        self._scores: Sequence[_Score] = [(place.score, place.subscore) for place in common]
        self._foreign = {place.player_id: i for i, place in enumerate(equal)}
        self._local = {place.player_id: i for i, place in enumerate(common)}
        self._exact: defaultdict[_Score, set[str]] = defaultdict(set)
        for place in equal:
            self._exact[place.score or 0, place.subscore].add(place.exact)

    @staticmethod
    def has_equal_score(place: ForeignPlace, here: LocalPlace) -> bool:
        return (place.score, place.subscore) == (here.score, here.subscore)

    def cause(self, place: ForeignPlace, here: LocalPlace, tie_rule: str) -> tuple[RankCause, str]:
        """Return why the ranks of a player on the two boards differ: the reason and its details."""
        score = here.score, here.subscore
        if not self.has_equal_score(place, here):
            return RankCause.SCORE, place.refusal or place.excluded or ""
        if self._foreign[place.player_id] == self._local[place.player_id]:
            return RankCause.MOVED, ""
        if self._scores[self._foreign[place.player_id]] != score:
            return RankCause.UNEXPLAINED, ""
        return (RankCause.ROUNDED, "") if len(self._exact[score]) > 1 else (RankCause.TIE, tie_rule)


def _absence(place: ForeignPlace) -> tuple[RankCause, str]:
    """Return why a player of the foreign board has no entry here."""
    if place.excluded is not None:
        return RankCause.EXCLUDED, place.excluded
    if place.refusal is not None:
        return RankCause.REFUSED, place.refusal
    return RankCause.UNRANKED, "not imported, hidden, removed, or in another period"


def _difference(
    cause: RankCause, place: ForeignPlace | None, here: LocalPlace | None, detail: str = ""
) -> RankDifference:
    if place is None:
        assert here is not None  # noqa: S101 - for the type checker
        return RankDifference(cause, here.player_id, here.player, None, here.rank, None, here.score)
    rank, score = (None, None) if here is None else (here.rank, here.score)
    return RankDifference(cause, place.player_id, place.player, place.rank, rank, place.exact, score, detail)


def examples_of(comparison: RankComparison) -> Iterator[tuple[RankCause, int, RankDifference]]:
    """Yield each cause that occurs, with the number of its differences and the first difference."""
    counts = comparison.counts
    for cause in RankCause:
        if counts[cause]:
            yield cause, counts[cause], next(d for d in comparison.differences if d.cause is cause)
