"""Scores as text. A shown score can be read back, and the parser never guesses or rounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.board_settings import MAX_DECIMALS
from leaderforge.domain.boards import MAX_INTEGER, Display
from leaderforge.domain.score_texts import NumberStyle, ScoreParser, score_text

displays = st.builds(Display, st.sampled_from([None, "ms", "s", "points", "m"]), st.integers(0, MAX_DECIMALS))
scores = st.integers(-MAX_INTEGER, MAX_INTEGER) | st.integers(-200_000, 200_000)
styles = st.sampled_from(
    [
        NumberStyle(decimal, thousands)
        for decimal in ".,"
        for thousands in (None, ",", ".", "'", " ")
        if decimal != thousands
    ]
)


@given(displays, scores)
def test_a_shown_score_is_read_back(display: Display, score: int):
    assert ScoreParser(display).from_shown(score_text(display, score)) == score


@given(displays, scores, styles)
def test_a_score_in_any_style_is_read_back(display: Display, score: int, style: NumberStyle):
    text = score_text(display, score)
    if ":" not in text and style.thousands is not None:
        whole, _, fraction = text.lstrip("-").partition(".")
        text = "-" * (score < 0) + f"{int(whole):,}".replace(",", style.thousands) + ("." + fraction) * bool(fraction)
    head, point, tail = text.rpartition(".")
    if point and display.decimals + (3 if display.unit == "ms" else 0):
        text = head + style.decimal + tail
    assert ScoreParser(display, style).from_shown(text) == score


@given(displays, scores)
def test_a_stored_score_is_read_back(display: Display, score: int):
    assert ScoreParser(display).from_stored(str(score)) == score


@pytest.mark.parametrize(
    ("unit", "decimals", "score", "text"),
    [
        (None, 0, 1234, "1234"),
        (None, 2, -5, "-0.05"),
        ("points", 1, 1234, "123.4"),
        ("s", 2, 5890, "0:58.90"),
        ("s", 2, 372350, "1:02:03.50"),
        ("s", 0, 60, "1:00"),
        ("ms", 0, 86572, "1:26.572"),
        ("ms", 0, -59100, "-0:59.100"),
        ("ms", 1, 865725, "1:26.5725"),
    ],
)
def test_texts_of_scores(unit: str | None, decimals: int, score: int, text: str):
    assert score_text(Display(unit, decimals), score) == text
    assert ScoreParser(Display(unit, decimals)).from_shown(text) == score


@pytest.mark.parametrize(
    ("unit", "decimals", "text", "score"),
    [
        ("s", 2, "58.9", 5890),
        ("s", 2, "61.5", 6150),
        ("s", 2, "1:01.5", 6150),
        ("s", 2, "59.900", 5990),
        ("s", 2, "-0:59.10", -5910),
        ("s", 2, "\N{MINUS SIGN}0:59.10", -5910),
        ("s", 2, "90:00", 540_000),
        ("ms", 0, "1:12.480", 72480),
        ("ms", 0, "72480", 72480),
        ("ms", 0, "1:26.572", 86572),
        (None, 0, "82.0", 82),
        (None, 0, "+12", 12),
        (None, 0, "007", 7),
        (None, 0, "-0", 0),
        (None, 3, "1.250", 1250),
    ],
)
def test_shown_scores(unit: str | None, decimals: int, text: str, score: int):
    assert ScoreParser(Display(unit, decimals)).from_shown(text) == score


TIME = " is not a clock time: write minutes and seconds from 00 to 59"
STYLE = ": if it has a separator of thousands or a decimal comma, set --thousands or --decimal"


@pytest.mark.parametrize(
    ("unit", "decimals", "text", "reason"),
    [
        ("s", 2, "59.905", "'59.905' has 3 decimals, and the board keeps 2 decimals"),
        ("s", 2, "1:60.00", f"'1:60.00'{TIME}"),
        ("s", 2, "0:72.48", f"'0:72.48'{TIME}"),
        ("s", 2, "1:60:00.00", f"'1:60:00.00'{TIME}"),
        ("s", 2, "1:2:03.00", f"'1:2:03.00'{TIME}"),
        ("s", 2, "1:5.00", "'1:5.00' is not a score"),
        ("s", 2, "1:12,48", f"'1:12,48' is not a score{STYLE}"),
        ("m", 2, "1:12", "'1:12' is not a score: only boards with the unit s or ms have clock times"),
        (None, 0, "1,250", f"'1,250' is not an integer score{STYLE}"),
        (None, 0, "1 250", f"'1 250' is not an integer score{STYLE}"),
        (None, 0, "1_250", "'1_250' is not an integer score"),
        (None, 0, "1e3", "'1e3' is not an integer score"),
        (None, 0, "0x10", "'0x10' is not an integer score"),
        (None, 0, "", "'' is not an integer score"),
        (None, 0, "3.5", "'3.5' has 1 decimal, and the board keeps no decimals"),
        (None, 2, "90071992547409.92", "the score '90071992547409.92' is beyond +-(2^53 - 1)"),
    ],
)
def test_wrong_shown_scores(unit: str | None, decimals: int, text: str, reason: str):
    with pytest.raises(ValueError, match=r"\w") as refusal:
        ScoreParser(Display(unit, decimals)).from_shown(text)
    assert str(refusal.value) == reason


@pytest.mark.parametrize(
    ("style", "text", "score"),
    [
        (NumberStyle(thousands=","), "1,250", 125000),
        (NumberStyle(thousands=","), "12,004,300.5", 1200430050),
        (NumberStyle(",", "."), "1.250,75", 125075),
        (NumberStyle(",", " "), "1\N{NARROW NO-BREAK SPACE}250,75", 125075),
        (NumberStyle(".", "'"), "1\N{RIGHT SINGLE QUOTATION MARK}250.75", 125075),
        (NumberStyle(","), "1,25", 125),
    ],
)
def test_marks_in_numbers(style: NumberStyle, text: str, score: int):
    assert ScoreParser(Display(None, 2), style).from_shown(text) == score


@pytest.mark.parametrize("text", ["1,25", "1,2500", ",250", "1,,250", "1250,250", "1,250,25"])
def test_groups_have_three_digits(text: str):
    with pytest.raises(ValueError, match="is not a score"):
        ScoreParser(Display(None, 2), NumberStyle(thousands=",")).from_shown(text)


@pytest.mark.parametrize(("text", "is_shown"), [("1", False), ("1.5", True), ("1:02", True), ("x", False), ("", False)])
def test_texts_that_are_shown_scores_only(text: str, is_shown: bool):
    assert ScoreParser(Display("s", 2)).is_only_shown(text) is is_shown
