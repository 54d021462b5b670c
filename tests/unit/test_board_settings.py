"""Board settings: validation, and permission to change."""

from dataclasses import replace
from typing import Any

import pytest

from leaderforge.cli.board_texts import parsed, text_of
from leaderforge.domain.board_settings import FIXED, NAMES, changed_board, new_board, settings_of
from leaderforge.domain.boards import MAX_INTEGER, Backfill, Board, Ladder, Order, Policy
from leaderforge.domain.errors import Refused, SettingFixed
from leaderforge.domain.league import League, Zone
from leaderforge.domain.periods import PeriodKind
from leaderforge.domain.score_types import ScoreType
from leaderforge.domain.timing import PROPAGATION_MS
from leaderforge.domain.tournaments import TournamentRules
from tests.board_settings import EVERYTHING

NOW = 1_795_435_200_000  # 2026-11-23T12:00:00Z, a Monday
DAY_MS = 86_400_000

LEAGUE: League = EVERYTHING["league"]

WRONG: list[tuple[str, dict[str, Any]]] = [
    ("name", {"name": ""}),
    ("name", {"name": " x"}),
    ("name", {"name": "x" * 65}),
    ("name", {"name": "a\nb"}),
    ("unit", {"unit": ""}),
    ("unit", {"unit": "x" * 17}),
    ("decimals", {"decimals": -1}),
    ("decimals", {"decimals": 10}),
    ("subscore_name", {"subscore_name": "laps led"}),
    *(("subscore_name", {"subscore_name": name, "subscore_order": Order.DESC}) for name in ("", " x", "x" * 33)),
    ("min_score", {"min_score": -MAX_INTEGER - 1}),
    ("max_score", {"max_score": MAX_INTEGER + 1}),
    ("min_score", {"min_score": 2, "max_score": 1}),
    ("max_change", {"max_change": -1}),
    ("min_interval_ms", {"min_interval_ms": -1}),
    ("keep_days", {"keep_days": 0}),
    ("periods", {"periods": ()}),
    ("periods", {"periods": (PeriodKind.DAILY, PeriodKind.DAILY)}),
    ("season", {"periods": (PeriodKind.SEASON,)}),
    ("season", {"season": "0 0 1 * *"}),
    ("season", {"periods": (PeriodKind.SEASON,), "season": "0 0 1 *"}),
    ("season", {"periods": (PeriodKind.SEASON,), "season": "0 0 31 2 *"}),
    ("time_zone", {"time_zone": "Europe/Nowhere"}),
    ("time_zone", {"time_zone": "../../etc/passwd"}),
    ("tournament", {"tournament": TournamentRules(duration_s=60)}),
    ("colour", {"colour": "red"}),
    ("league", {"league": LEAGUE}),
    ("max_score", {"max_score": 2**63, "policy": Policy.BEST, "score_type": ScoreType.INT64}),
    *(
        ("league", {"periods": (PeriodKind.WEEKLY, PeriodKind.ALL_TIME), "league": replace(LEAGUE, **flaw)})
        for flaw in (
            {"period": PeriodKind.DAILY},
            {"period": PeriodKind.ALL_TIME},
            {"divisions": ()},
            {"divisions": ("a", "a"), "entry": "a"},
            {"divisions": (" ",)},
            {"divisions": ("x" * 33,), "entry": "x" * 33},
            {"divisions": tuple(map(str, range(21))), "entry": "1"},
            {"entry": "Iron"},
            {"group_size": 1},
            {"group_size": 201},
            {"promotion": Zone(places=-1)},
            {"promotion": Zone(percent=101)},
            {"promotion": Zone(places=20), "relegation": Zone(percent=40)},
        )
    ),
]


def board(**settings: Any) -> Board:
    return new_board("laps", settings)


def test_a_board_has_the_settings_it_is_given() -> None:
    made = board(**EVERYTHING)
    assert set(EVERYTHING) == set(NAMES)
    assert {name: getattr(settings_of(made), name) for name in NAMES} == EVERYTHING


def test_a_board_needs_nothing_but_a_name() -> None:
    assert board() == Board(0, "laps", "laps")


@pytest.mark.parametrize("slug", ["", "Laps", "-laps", "la ps", "x" * 65, "laps\n", "läps"])
def test_names_in_addresses_are_plain(slug: str) -> None:
    with pytest.raises(Refused) as refused:
        new_board(slug, {})
    assert refused.value.details == {"setting": "board"}


@pytest.mark.parametrize(("setting", "given"), WRONG)
def test_what_is_wrong_is_named(setting: str, given: dict[str, Any]) -> None:
    for make in (lambda: board(**given), lambda: changed_board(board(), given, NOW)):
        with pytest.raises(Refused) as refused:
            make()
        assert refused.value.details == {"setting": setting}
        assert setting in refused.value.message


def test_a_board_is_divided_by_up_to_4_attributes() -> None:
    names = ("country", "platform", "age_group", "x" * 32)
    assert board(segments=names).segments == names


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (("a", "b", "c", "d", "e"), "must list up to 4 attributes, each once"),
        (("country", "platform", "country"), "must list up to 4 attributes, each once"),
        (("country", "Platform"), "'Platform' is not the name of an attribute"),
        (("",), "'' is not the name of an attribute"),
        (("x" * 33,), "is not the name of an attribute"),
    ],
)
def test_segments_that_break_a_rule_are_refused(names: tuple[str, ...], problem: str) -> None:
    with pytest.raises(Refused) as refused:
        board(segments=names)
    assert refused.value.details == {"setting": "segments"}
    assert refused.value.message.startswith("segments: ")
    assert problem in refused.value.message


@pytest.mark.parametrize("policy", Policy)
def test_limits_of_long_scores_have_64_bits(policy: Policy) -> None:
    assert board(score_type=ScoreType.INT64, policy=policy, max_score=2**63 - 1).limits.max_score == 2**63 - 1


@pytest.mark.parametrize("setting", [name for name in FIXED if name != "tiebreakers"])  # see test_tiebreakers.py
def test_what_is_for_ever_is_named(setting: str) -> None:
    others = {
        "policy": Policy.SUM,
        "order": Order.DESC,
        "subscore_order": None,
        "time_zone": "UTC",
        "season": "0 0 2 * *",
        "min_submissions": 1,
        "segments": (),
        "team": None,
        "tiers": (),
        "events": (),
        "league": None,
        "score_type": ScoreType.NUMBER,
    }
    with pytest.raises(SettingFixed) as fixed:
        changed_board(board(**EVERYTHING), {setting: others[setting]}, NOW)
    assert fixed.value.details == {"setting": setting}


def test_what_is_for_ever_may_be_sent_as_it_is() -> None:
    made = board(**EVERYTHING)
    assert changed_board(made, EVERYTHING, NOW) == made


def test_everything_else_may_change() -> None:
    excluded = {*FIXED, "periods", "tournament", "rewards", "frozen_at"}
    given = {name: value for name, value in EVERYTHING.items() if name not in excluded}
    made = board(subscore_order=Order.DESC, periods=EVERYTHING["periods"], season=EVERYTHING["season"])
    after = settings_of(changed_board(made, given, NOW))
    assert {name: getattr(after, name) for name in given} == given


def test_a_season_is_given_once_and_stays_to_name_the_past() -> None:
    seasonal = changed_board(
        board(), {"periods": (PeriodKind.ALL_TIME, PeriodKind.SEASON), "season": "0  0 1 * *"}, NOW
    )
    assert seasonal.calendar.season == "0 0 1 * *"
    without = changed_board(seasonal, {"periods": (PeriodKind.ALL_TIME,)}, NOW)
    assert without.calendar.season == "0 0 1 * *"
    with pytest.raises(SettingFixed):
        changed_board(without, {"season": None}, NOW)


def test_the_default_board_goes_on_serving_everyone() -> None:
    default = Board(1, "default", "Default")
    for setting, value in (
        ("private", True),
        ("periods", (PeriodKind.DAILY, PeriodKind.ALL_TIME)),
        ("periods", (PeriodKind.DAILY,)),
    ):
        with pytest.raises(SettingFixed) as fixed:
            changed_board(default, {setting: value}, NOW)
        assert fixed.value.details == {"setting": setting}
    assert (
        changed_board(default, {"periods": (PeriodKind.ALL_TIME, PeriodKind.DAILY)}, NOW).calendar.kinds[1]
        is PeriodKind.DAILY
    )


def test_periods_that_are_added_are_to_be_completed() -> None:
    weekly = changed_board(board(), {"periods": (PeriodKind.ALL_TIME, PeriodKind.WEEKLY)}, NOW)
    assert weekly.backfill == Backfill((PeriodKind.WEEKLY,), NOW, NOW + PROPAGATION_MS)
    assert [ladder.period_name for ladder in weekly.ladders_to_backfill()] == ["2026-W48"]
    both = changed_board(weekly, {"periods": (PeriodKind.DAILY, PeriodKind.ALL_TIME, PeriodKind.WEEKLY)}, NOW + 5000)
    assert both.backfill == Backfill((PeriodKind.WEEKLY, PeriodKind.DAILY), NOW, NOW + 5000 + PROPAGATION_MS)
    renamed = changed_board(both, {"name": "Laps"}, NOW + 6000)
    assert renamed.backfill == both.backfill
    assert changed_board(board(), {"periods": (PeriodKind.ALL_TIME,)}, NOW).backfill is None


def test_both_days_are_completed_where_one_ends_before_all_know() -> None:
    midnight = NOW + DAY_MS // 2
    daily = changed_board(board(), {"periods": (PeriodKind.ALL_TIME, PeriodKind.DAILY)}, midnight - 1)
    assert [ladder.period_name for ladder in daily.ladders_to_backfill()] == ["2026-11-23", "2026-11-24"]
    ladders = {time: daily.ladders_at(midnight + time)[1] for time in (-DAY_MS - 1, -1, 0, DAY_MS)}
    assert [ladder.incomplete for ladder in ladders.values()] == [False, True, True, False]
    assert not Ladder(daily).incomplete


def test_all_time_is_completed_as_a_whole() -> None:
    daily = board(periods=(PeriodKind.DAILY,))
    both = changed_board(daily, {"periods": (PeriodKind.DAILY, PeriodKind.ALL_TIME)}, NOW)
    assert list(both.ladders_to_backfill()) == [Ladder(both)]
    assert Ladder(both).incomplete


class TestTexts:
    def test_settings_are_read_as_they_are_shown(self) -> None:
        words = [f"{name}={text_of(value)}" for name, value in EVERYTHING.items()]
        assert parsed(words) == EVERYTHING
        assert parsed(["max_score=none", "private=no"]) == {"max_score": None, "private": False}

    @pytest.mark.parametrize(
        ("word", "problem"),
        [
            ("max_score", "'max_score' is not a setting: write setting=value, such as max_score=1000"),
            ("colour=red", "unknown setting 'colour': use one of name, policy, "),
            ("max_score=many", "max_score: 'many' is not an integer"),
            ("decimals=none", "decimals: 'none' is not an integer"),
            ("policy=worst", "policy: 'worst' is not a choice: use one of sum, best, latest"),
            ("private=maybe", "private: 'maybe' is not a truth value: use yes or no"),
            ("periods=daily,hourly", "periods: 'hourly' is not a choice: use one of all-time, daily, "),
        ],
    )
    def test_what_cannot_be_read_is_named(self, word: str, problem: str) -> None:
        with pytest.raises(Refused) as refused:
            parsed([word])
        assert refused.value.message.startswith(problem)

    def test_nothing_is_given_twice(self) -> None:
        with pytest.raises(Refused):
            parsed(["unit=ms", "unit=s"])
