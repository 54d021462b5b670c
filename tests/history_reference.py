"""Reference program for histories of boards: the documented rules in their plainest form, without code of the product.

It knows players with names and attributes, boards with periods and segments, moderators, teams and friends. All data
are dicts, sets and tuples. `tests/contract/test_any_moment.py` compares the product with it.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

DAY_MS = 86_400_000
ALL = -1
"""Number of the period of all time. The number of a day is the number of days since 1970."""

Segment = tuple[int, str]
"""Position of an attribute among those that divide a board, and its value."""


class TierRule(NamedTuple):
    """Tier of a board. An entry is in the first tier that it reaches.

    `kind` says what the limit compares: "score", "rank", or "percent" of all entries. Each entry reaches a tier with an
    empty `kind`.
    """

    name: str
    kind: str = ""
    limit: float = 0


class Rules(NamedTuple):
    """Rules of a board. `shared` says whether equal scores share a rank. `shared` and `tiers` change at times."""

    policy: str
    order: str = "desc"
    shared: bool = False
    minimum: int = 1
    segments: tuple[str, ...] = ()
    daily: bool = False
    tiers: tuple[TierRule, ...] = ()

    @property
    def sign(self) -> int:
        return -1 if self.order == "desc" else 1


class Event(NamedTuple):
    """Counted submission with a score, a time (ms), and numbers that order events with equal times."""

    number: int
    score: int
    at: int
    received: int


class Result(NamedTuple):
    score: int
    at: int
    submissions: int


class Line(NamedTuple):
    """Entry with its rank."""

    rank: int
    player: int
    score: int
    submissions: int
    at: int


class View:
    """Entries of a board and period at a moment, with the rules of the board and the segments of the players then.

    Arrays hold the entries, because a test holds thousands of views.
    """

    def __init__(
        self, rules: Rules, entries: Iterable[tuple[int, Result]], segments: Mapping[int, tuple[str | None, ...]]
    ) -> None:
        ordered = sorted(entries, key=lambda entry: (entry[1].score * rules.sign, entry[1].at, entry[0]))
        self._rules = rules
        self._numbers = [array("q", column) for column in zip(*((i, *r) for i, r in ordered), strict=True)]
        self.players = self._numbers[0] if self._numbers else array("q")
        self._segments = [segments[player] for player in self.players] if rules.segments else None

    def lines(self, segment: Segment | None = None, without: Collection[int] = ()) -> list[Line]:
        """Return the entries in order, as if some players had never existed."""
        lines: list[Line] = []
        for i, (player, score, at, submissions) in enumerate(zip(*self._numbers, strict=True)):
            if player in without or (segment and self._segments and self._segments[i][segment[0]] != segment[1]):
                continue
            is_tied = self._rules.shared and lines and lines[-1].score == score
            lines.append(Line(lines[-1].rank if is_tied else len(lines) + 1, player, score, submissions, at))
        return lines

    def tier_of(self, line: Line, total: int) -> str | None:
        """Return the name of the tier of one of `total` entries, None if the entry reaches no tier."""
        return next((tier.name for tier in self._rules.tiers if reaches(tier, line, total, self._rules.sign)), None)

    def segments_of(self, player: int) -> list[Segment]:
        """Return the segments of an entry."""
        values = self._segments[self.players.index(player)] if self._segments else ()
        return [(i, value) for i, value in enumerate(values) if value is not None]


@dataclass
class BoardHistory:
    """Events of one board. `counting` has those that count in a standing, by period and player.

    `members` has the periods and segments of all standings, also of removed ones. `void` events count nowhere since
    their removal, except in periods that were over. `void_in` has the periods from which a moderator removed an event.
    """

    rules: Rules
    events: dict[int, dict[int, Event]] = field(default_factory=lambda: defaultdict(dict))
    counting: dict[int, dict[int, dict[int, Event]]] = field(default_factory=lambda: defaultdict(dict))
    members: dict[int, dict[int, tuple[str | None, ...]]] = field(default_factory=lambda: defaultdict(dict))
    hidden: set[tuple[int, int]] = field(default_factory=set)
    void: set[int] = field(default_factory=set)
    void_in: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    versions: Counter[int] = field(default_factory=Counter)
    _results: dict[tuple[int, int], Result] = field(default_factory=dict)

    def periods_at(self, at: int) -> list[int]:
        return [ALL, at // DAY_MS] if self.rules.daily else [ALL]

    def submit(self, player: int, event: Event, attributes: Mapping[str, str]) -> None:
        self.versions[player] += 1
        self.events[player][event.number] = event
        for period in self.periods_at(event.at):
            self._count(period, player, event)
            self.members[period].setdefault(player, tuple(map(attributes.get, self.rules.segments)))

    def has_standing(self, player: int, periods: Iterable[int]) -> bool:
        return any(self.counting[period].get(player) for period in periods)

    def move(self, player: int, attributes: Mapping[str, str], now: int) -> None:
        """Move a player to the segments of new attributes, in the periods that are not over."""
        for period, members in self.members.items():
            if player in members and is_open(period, now):
                members[player] = tuple(map(attributes.get, self.rules.segments))

    def set_void(self, player: int, number: int, void: bool, now: int) -> None:
        event = self.events[player][number]
        for period in self.periods_at(event.at) if (number in self.void) is not void else ():
            if is_open(period, now) and period not in self.void_in[number]:
                self._set_counting(period, player, event, not void)
        self.versions[player] += 1
        (self.void.add if void else self.void.discard)(number)

    def remove(self, player: int, now: int) -> None:
        self.versions[player] += 1
        self.void |= set(self.events[player])
        for period in filter(lambda period: is_open(period, now), list(self.counting)):
            self._drop(period, player)

    def remove_from(self, player: int, period: int) -> None:
        self.versions[player] += 1
        self._drop(period, player)
        for event in self.events[player].values():
            if period in self.periods_at(event.at):
                self.void_in[event.number].add(period)

    def hide(self, player: int) -> None:
        self.hidden |= {(player, period) for period, members in self.members.items() if player in members}

    def show(self, player: int) -> None:
        self.hidden = {key for key in self.hidden if key[0] != player}

    def erase(self, player: int) -> None:
        self.versions[player] += 1
        self.events.pop(player, None)
        for by_player in (*self.counting.values(), *self.members.values()):
            by_player.pop(player, None)
        self.show(player)
        self._results = {key: result for key, result in self._results.items() if key[1] != player}

    def view(self, period: int, hidden: Collection[int]) -> View:
        """Return the entries of the players who are neither in `hidden` nor hidden on the board."""
        entries = (
            (player, self._result(period, player))
            for player, events in self.counting[period].items()
            if len(events) >= self.rules.minimum and player not in hidden and (player, period) not in self.hidden
        )
        return View(self.rules, entries, self.members[period])

    def _result(self, period: int, player: int) -> Result:
        key = period, player
        if key not in self._results:
            self._results[key] = fold(self.rules, self.counting[period][player].values())
        return self._results[key]

    def _count(self, period: int, player: int, event: Event) -> None:
        self.counting[period].setdefault(player, {})[event.number] = event
        self._results.pop((period, player), None)

    def _set_counting(self, period: int, player: int, event: Event, counts: bool) -> None:
        if counts:
            self._count(period, player, event)
        else:
            self.counting[period].get(player, {}).pop(event.number, None)
            self._results.pop((period, player), None)

    def _drop(self, period: int, player: int) -> None:
        self.counting[period].pop(player, None)
        self._results.pop((period, player), None)


@dataclass
class Teams:
    """Memberships, as a tuple of team, start and end (ms) for each player."""

    spans: dict[int, tuple[tuple[int, int, int | None], ...]] = field(default_factory=dict)
    _cached: dict[tuple[int, int], tuple[object, Mapping[int, Result]]] = field(default_factory=dict)

    def join(self, player: int, team: int, at: int) -> None:
        if self.team_of(player) != team:
            self.leave(player, at)
            self.spans[player] = (*self._of(player), (team, at, None))

    def leave(self, player: int, at: int) -> None:
        self.spans[player] = tuple((team, start, at if end is None else end) for team, start, end in self._of(player))

    def team_of(self, player: int) -> int | None:
        return next((team for team, _, end in self._of(player) if end is None), None)

    def at(self, player: int, time: int) -> int | None:
        """Return the team for which a score of this time counts."""
        spans = (span for span in self._of(player) if span[1] <= time and (span[2] is None or time < span[2]))
        return next((team for team, _, _ in spans), None)

    def erase(self, account: int) -> None:
        """Delete all memberships of a player or a team."""
        self.spans.pop(account, None)
        for player, spans in self.spans.items():
            self.spans[player] = tuple(span for span in spans if span[0] != account)

    def view(
        self, source: BoardHistory, rules: Rules, function: tuple[str, int], period: int, hidden: Collection[int]
    ) -> View:
        """Return the entries of a team board. `function` has its name and its number of members."""
        shares: dict[int, list[tuple[int, Result]]] = defaultdict(list)
        for player in (
            self.spans.keys() - set(hidden) - {player for player, in_period in source.hidden if in_period == period}
        ):
            for team, result in self._shares(source, period, player).items():
                shares[team].append((player, result))
        scores = ((team, team_score(rules, *function, members)) for team, members in shares.items())
        return View(rules, [(team, score) for team, score in scores if score and team not in hidden], {})

    def _of(self, player: int) -> tuple[tuple[int, int, int | None], ...]:
        return self.spans.get(player, ())

    def _shares(self, source: BoardHistory, period: int, player: int) -> Mapping[int, Result]:
        """Return the results of a player for each team, computed anew if events or memberships have changed."""
        state = source.versions[player], self._of(player)
        cached = self._cached.get((period, player))
        if cached is None or cached[0] != state:
            cached = self._cached[period, player] = state, self._computed_shares(source, period, player)
        return cached[1]

    def _computed_shares(self, source: BoardHistory, period: int, player: int) -> Mapping[int, Result]:
        events: dict[int, list[Event]] = defaultdict(list)
        for event in source.events.get(player, {}).values():
            is_void = event.number in source.void or period in source.void_in.get(event.number, ())
            if not is_void and period in source.periods_at(event.at):
                team = self.at(player, event.at)
                if team is not None:
                    events[team].append(event)
        return {team: fold(source.rules, parts) for team, parts in events.items()}


@dataclass
class Friends:
    """Players whom each player follows, and players whom each player has blocked."""

    follows: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    blocks: set[tuple[int, int]] = field(default_factory=set)

    def add(self, player: int, others: Iterable[int]) -> None:
        for other in set(others) - {player}:
            if not self.blocks & {(player, other), (other, player)}:
                self.follows[player].add(other)

    def block(self, player: int, other: int) -> None:
        self.blocks.add((player, other))
        self.follows[player].discard(other)
        self.follows[other].discard(player)

    def erase(self, player: int) -> None:
        self.follows.pop(player, None)
        for others in self.follows.values():
            others.discard(player)
        self.blocks = {pair for pair in self.blocks if player not in pair}

    def of(self, player: int, mutual: bool) -> set[int]:
        """Return the friends of a player."""
        return {i for i in self.follows[player] if not mutual or player in self.follows[i]}


def reaches(tier: TierRule, line: Line, total: int, sign: int) -> bool:
    """Return whether one of `total` entries reaches a tier. `sign` is -1 if high scores lead, else 1."""
    if tier.kind == "score":
        return line.score * sign <= tier.limit * sign
    if tier.kind == "rank":
        return line.rank <= tier.limit
    # A percentage stands for a rank, rounded up. Each rank up to it begins below the percentage.
    return not tier.kind or (line.rank - 1) * 100 < tier.limit * total


def is_open(period: int, now: int) -> bool:
    return period == ALL or (period + 1) * DAY_MS > now


def fold(rules: Rules, events: Iterable[Event]) -> Result:
    """Return the result of a player's events."""
    events = list(events)
    if rules.policy == "best":
        run = min(events, key=lambda e: (e.score * rules.sign, e.at, e.received))
        return Result(run.score, run.at, len(events))
    if rules.policy == "latest":
        run = max(events, key=lambda e: (e.at, e.received))
        return Result(run.score, run.at, len(events))
    scored = [event.at for event in events if event.score]
    at = max(scored) if scored else min(event.at for event in events)
    return Result(sum(event.score for event in events), at, len(events))


def team_score(rules: Rules, function: str, k: int, members: Iterable[tuple[int, Result]]) -> Result | None:
    """Return the score of a team, None if it is not ranked. `members` are its players with their results."""
    counted = sorted(members, key=lambda member: (member[1].score * rules.sign, member[1].at, member[0]))
    if function == "best":
        counted = counted[:k]
    if function == "mean" and len(counted) < k:
        return None
    total = sum(result.score for _, result in counted)
    if function == "mean":
        quotient, remainder = divmod(total, len(counted))
        total = quotient + 1 if remainder * 2 >= len(counted) else quotient
    results = [result for _, result in counted]
    return Result(total, max(r.at for r in results), sum(r.submissions for r in results))
