"""Board settings as command-line texts."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from leaderforge.domain.board_settings import NAMES
from leaderforge.domain.boards import Order, Policy, RankStyle
from leaderforge.domain.errors import Refused
from leaderforge.domain.feed_rules import feeds_of
from leaderforge.domain.feeds import Feed
from leaderforge.domain.league import League
from leaderforge.domain.league_rules import league_of, members_of
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.periods import PeriodKind
from leaderforge.domain.reward_tables import RewardTable, reward_table_of
from leaderforge.domain.score_types import ScoreType
from leaderforge.domain.team_rules import TeamRules, team_rules_of
from leaderforge.domain.tiebreaker_rules import tiebreakers_of
from leaderforge.domain.tiebreakers import Tiebreaker
from leaderforge.domain.tier_rules import tiers_of
from leaderforge.domain.tiers import Tier
from leaderforge.domain.times import moment_of
from leaderforge.domain.tournament_rules import tournament_of
from leaderforge.domain.tournaments import TournamentRules

_T = TypeVar("_T")

_NONE = "none"
_TRUTHS = {"yes": True, "true": True, "no": False, "false": False}


def parsed(words: Iterable[str]) -> Mapping[str, object]:
    """Return the settings of `setting=value` words. Raises `Refused` if a word is invalid."""
    values: dict[str, object] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            raise Refused(f"{word!r} is not a setting: write setting=value, such as max_score=1000")
        if name not in _READERS:
            raise Refused(f"unknown setting {name!r}: use one of {', '.join(NAMES)}")
        if name in values:
            raise Refused(f"{name} is set twice: remove one")
        values[name] = _read(name, text)
    return values


def text_of(value: object) -> str:
    """Return the value of a setting as a text that `parsed` converts back."""
    if value is None:
        return _NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, TournamentRules | RewardTable | League):
        return json.dumps(members_of(value) if isinstance(value, League) else value.members, ensure_ascii=False)
    if not isinstance(value, tuple):
        return str(value)
    if any(isinstance(item, Tier | Tiebreaker | Feed) for item in value):
        return json.dumps([item.members for item in value], ensure_ascii=False)
    return ",".join(value) or _NONE


def _read(name: str, text: str) -> object:
    if text == _NONE and name in _NULLABLE:
        return None
    try:
        return _READERS[name](text)
    except ValueError as error:
        raise Refused(f"{name}: {error}") from None


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not an integer") from None


def _time(text: str) -> int:
    """Return the time (ms) in a text: RFC 3339, or ms since 1970 as `text_of` writes them."""
    if text.isdigit():
        return int(text)
    time = moment_of(text)
    if time.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone; add Z or an offset")
    return round(time.timestamp() * 1000)


def _truth(text: str) -> bool:
    if text not in _TRUTHS:
        raise ValueError(f"{text!r} is not a truth value: use yes or no")
    return _TRUTHS[text]


def _one_of(choices: type[StrEnum]) -> Callable[[str], StrEnum]:
    def read(text: str) -> StrEnum:
        if text not in {choice.value for choice in choices}:
            raise ValueError(f"{text!r} is not a choice: use one of {', '.join(choices)}")
        return choices(text)

    return read


def _kinds(text: str) -> tuple[StrEnum, ...]:
    return tuple(map(_one_of(PeriodKind), text.split(",")))


def _events(text: str) -> tuple[StrEnum, ...]:
    return () if text == _NONE else tuple(map(_one_of(NoticeType), text.split(",")))


def _names(text: str) -> tuple[str, ...]:
    return () if text == _NONE else tuple(text.split(","))


def _list_of(
    noun: str, parse: Callable[[Any], tuple[_T, ...]], example: Sequence[Mapping[str, object]]
) -> Callable[[str], tuple[_T, ...]]:
    """Return the parser of a JSON list, or of `_NONE` for an empty list."""

    def read(text: str) -> tuple[_T, ...]:
        if text == _NONE:
            return ()
        try:
            return parse(json.loads(text))
        except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError):
            raise ValueError(
                f"{text[:80]!r} is not a JSON list of {noun}: write {_NONE}, or a list such as {json.dumps(example)}"
            ) from None

    return read


_tiers = _list_of("tiers", tiers_of, [{"name": "gold", "score": 5000}, {"name": "silver"}])
_tiebreakers = _list_of("tiebreakers", tiebreakers_of, [{"name": "time_ms", "order": "asc", "max": 3600000}])
_feeds = _list_of("feeds", feeds_of, [{"board": "coins", "number": "coins"}, {"board": "runs"}])


def _tournament(text: str) -> TournamentRules:
    try:
        return tournament_of(json.loads(text))
    except (ValueError, TypeError, AttributeError):
        example = json.dumps({"starts_at": "2026-12-01T00:00:00Z", "ends_at": "2026-12-02T00:00:00Z"})
        raise ValueError(
            f"{text[:80]!r} is not a JSON object of a tournament: write {_NONE}, or an object such as {example}"
        ) from None


def _rewards(text: str) -> RewardTable:
    try:
        return reward_table_of(json.loads(text))
    except (ValueError, TypeError, AttributeError):
        example = json.dumps(
            {"period": "weekly", "rewards": [{"reward": "winner", "last_rank": 1, "payload": {"gold": 5}}]}
        )
        raise ValueError(
            f"{text[:80]!r} is not a JSON object of rewards: write {_NONE}, or an object such as {example}"
        ) from None


def _league(text: str) -> League:
    try:
        return league_of(json.loads(text))
    except (ValueError, TypeError, AttributeError):
        example = json.dumps({"divisions": ["gold", "silver"], "group_size": 30, "promotion": {"places": 7}})
        raise ValueError(
            f"{text[:80]!r} is not a JSON object of a league: write {_NONE}, or an object such as {example}"
        ) from None


def _team(text: str) -> TeamRules:
    try:
        return team_rules_of(json.loads(text))
    except ValueError:
        example = json.dumps({"source": "points", "function": "best", "members": 5})
        raise ValueError(
            f"{text[:80]!r} is not a JSON object of team rules: write {_NONE}, or an object such as {example}"
        ) from None


_READERS: Mapping[str, Callable[[str], object]] = {
    "name": str,
    "policy": _one_of(Policy),
    "order": _one_of(Order),
    "subscore_order": _one_of(Order),
    "rank_style": _one_of(RankStyle),
    "min_score": _integer,
    "max_score": _integer,
    "max_change": _integer,
    "min_interval_ms": _integer,
    "periods": _kinds,
    "time_zone": str,
    "season": str,
    "keep_days": _integer,
    "unit": str,
    "decimals": _integer,
    "subscore_name": str,
    "private": _truth,
    "open_to_players": _truth,
    "min_submissions": _integer,
    "tiers": _tiers,
    "events": _events,
    "tournament": _tournament,
    "rewards": _rewards,
    "league": _league,
    "segments": _names,
    "moment_days": _integer,
    "frozen_at": _time,
    "team": _team,
    "tiebreakers": _tiebreakers,
    "feeds": _feeds,
    "score_type": _one_of(ScoreType),
}
_NULLABLE = {
    *(
        "subscore_order",
        "min_score",
        "max_score",
        "max_change",
        "min_interval_ms",
        "season",
        "keep_days",
        "unit",
        "subscore_name",
        "tournament",
        "rewards",
        "league",
        "moment_days",
        "frozen_at",
        "team",
    ),
}
