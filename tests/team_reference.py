"""Reference program for teams: the documented rules in their plainest form, without any code of the product.

All data are dicts, lists and texts. `tests/contract/test_team_oracle.py` compares the product with it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

DAY_MS = 86_400_000
ALL = "all"
"""Name of the all-time period. Other periods are numbers of days since 1970."""


class Reference:
    """History of events, memberships and acts of moderators, and the computation of team scores from it."""

    def __init__(self, policy: str, order: str) -> None:
        self.policy = policy
        self.sign = -1 if order == "desc" else 1
        self.events: list[dict[str, Any]] = []
        self.spans: list[dict[str, Any]] = []
        self.hidden: set[int] = set()
        self.hidden_entries: set[tuple[int, Any]] = set()
        self.erased: set[int] = set()

    def submit(self, player: int, number: int, score: int, at: int) -> None:
        self.events.append(
            {
                "player": player,
                "number": number,
                "score": score,
                "at": at,
                "void": False,
                "void_days": set(),
                "replaced": None,
            }
        )

    def join(self, player: int, team: int, at: int) -> None:
        self.leave(player, at)
        self.spans.append({"player": player, "team": team, "from": at, "to": None})

    def leave(self, player: int, at: int) -> None:
        for span in self.spans:
            if span["player"] == player and span["to"] is None:
                span["to"] = at

    def team_of(self, player: int) -> int | None:
        return next((s["team"] for s in self.spans if s["player"] == player and s["to"] is None), None)

    def void(self, player: int) -> None:
        for event in self.events:
            if event["player"] == player:
                event["void"], event["replaced"] = True, None

    def set_void(self, event: dict[str, Any], void: bool) -> None:
        event["void"], event["replaced"] = void, None

    def replace(self, player: int, at: int) -> None:
        for event in self.events:
            if event["player"] == player and not event["void"]:
                event["void"], event["replaced"] = True, at

    def hide_entry(self, player: int) -> None:
        """Hide the player in all periods in which the player has submitted."""
        days = {event["at"] // DAY_MS for event in self.events if event["player"] == player}
        self.hidden_entries |= {(player, period) for period in (ALL, *days)}

    def show_entry(self, player: int) -> None:
        self.hidden_entries = {(other, period) for other, period in self.hidden_entries if other != player}

    def void_in(self, player: int, period: Any) -> None:
        for event in self.events:
            if event["player"] == player and period in (ALL, event["at"] // DAY_MS):
                event["void_days"].add(period)

    def erase(self, player: int) -> None:
        self.erased.add(player)
        self.events = [event for event in self.events if event["player"] != player]
        self.spans = [span for span in self.spans if player not in (span["player"], span["team"])]

    def periods(self) -> set[Any]:
        return {ALL} | {event["at"] // DAY_MS for event in self.events}

    def scores(self, function: str, k: int | None, period: Any) -> dict[int, tuple[int, int, int]]:
        """Return score, time and number of submissions of each team with a score in a period."""
        teams = {span["team"] for span in self.spans}
        results = {team: self._team(function, k, period, team) for team in teams}
        return {team: result for team, result in results.items() if result is not None}

    def _team(self, function: str, k: int | None, period: Any, team: int) -> tuple[int, int, int] | None:
        players = {span["player"] for span in self.spans if span["team"] == team}
        players -= self.hidden | {player for player, hidden_in in self.hidden_entries if hidden_in == period}
        shares = {player: self._share(period, team, player) for player in players}
        counted = [
            (share["score"] * self.sign, share["at"], player, share) for player, share in shares.items() if share
        ]
        counted.sort(key=lambda item: item[:3])
        if function == "best":
            counted = counted[:k]
        if not counted or (function == "mean" and len(counted) < (k or 0)):
            return None
        total = sum(share["score"] for *_, share in counted)
        if function == "mean":
            total = round_half_up(total, len(counted))
        return total, max(share["at"] for *_, share in counted), sum(share["count"] for *_, share in counted)

    def _share(self, period: Any, team: int, player: int) -> Mapping[str, int] | None:
        events = [e for e in self.events if e["player"] == player and self._counts(e, period, team)]
        if not events:
            return None
        return {"count": len(events), **self._fold(events)}

    def _counts(self, event: Mapping[str, Any], period: Any, team: int) -> bool:
        if period in event["void_days"] or period not in (ALL, event["at"] // DAY_MS):
            return False
        if event["void"] and not self._was_over(event["replaced"], period):
            return False
        return any(
            span["player"] == event["player"]
            and span["team"] == team
            and span["from"] <= event["at"]
            and (span["to"] is None or event["at"] < span["to"])
            for span in self.spans
        )

    def _was_over(self, replaced: int | None, period: Any) -> bool:
        return replaced is not None and period != ALL and (period + 1) * DAY_MS <= replaced

    def _fold(self, events: Sequence[Mapping[str, Any]]) -> Mapping[str, int]:
        if self.policy == "best":
            run = min(events, key=lambda e: (e["score"] * self.sign, e["at"], e["number"]))
            return {"score": run["score"], "at": run["at"]}
        if self.policy == "latest":
            run = max(events, key=lambda e: (e["at"], e["number"]))
            return {"score": run["score"], "at": run["at"]}
        scored = [e for e in events if e["score"]]
        at = max(e["at"] for e in scored) if scored else min(e["at"] for e in events)
        return {"score": sum(e["score"] for e in events), "at": at}


def round_half_up(total: int, count: int) -> int:
    """Return the nearest integer to `total / count`. If two are equally near, return the larger one."""
    quotient, remainder = divmod(total, count)
    return quotient + 1 if remainder * 2 >= count else quotient
