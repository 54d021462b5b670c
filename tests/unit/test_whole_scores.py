"""Detection of the notation of a file: the text is searched for decimals before it is decoded."""

import csv
import json
from io import BytesIO, StringIO
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.boards import Board, Display
from leaderforge.imports import blocks
from leaderforge.imports.columns import Columns
from leaderforge.imports.files import FilePlan, ScoreNotation, find_notation
from leaderforge.imports.formats import FileLayout, TableFormat
from leaderforge.imports.whole_scores import WholeCsvScores, WholeJsonScores

BOARD = Board(1, "laps", "Laps", display=Display("s", 2))
SCORES = st.sampled_from([1, -20, "7", "x", 300, "1:02", 2.5, "2.5", None, [1.5], {"score": 1.5}, True])
ESCAPED = '"\\u0073core"'


def rows_of(scores: list[Any], extras: list[Any]) -> list[dict[str, Any]]:
    return [{"player": extra, "score": score} for score, extra in zip(scores, extras, strict=False)]


@given(
    scores=st.lists(SCORES | st.integers(0, 9), max_size=12),
    extras=st.lists(st.text(max_size=6) | st.just('"score": 1.5'), min_size=12, max_size=12),
    form=st.sampled_from([TableFormat.JSON, TableFormat.NDJSON]),
    separators=st.sampled_from([(", ", ": "), (",", ":"), (" ,", " : ")]),
    escapes_key=st.booleans(),
    block=st.integers(1, 60),
)
def test_the_notation_is_that_of_the_decoded_scores(
    scores: list[Any],
    extras: list[Any],
    form: TableFormat,
    separators: tuple[str, str],
    escapes_key: bool,
    block: int,
) -> None:
    rows = [json.dumps(row, separators=separators) for row in rows_of(scores, extras)]
    if escapes_key:
        rows[::2] = [row.replace('"score"', ESCAPED) for row in rows[::2]]
    text = "[" + ",".join(rows) + "]" if form is TableFormat.JSON else "\n".join(rows)
    has_decimals = any(score in (2.5, "2.5", "1:02") for score in scores if not isinstance(score, (list, dict)))
    plan = FilePlan(BOARD, Columns(), FileLayout(form))
    with patch.object(blocks, "BLOCK_CHARACTERS", block):
        notation = find_notation(BytesIO(text.encode()), plan)
    assert notation is (ScoreNotation.SHOWN if has_decimals else ScoreNotation.STORED)


@given(
    rows=st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_characters="\0") | st.sampled_from(',;"\n\r'), max_size=6),
            st.sampled_from(["1", "-20", "300", "2.5", "1:02", "x", "", " 4 "]) | st.integers(0, 9).map(str),
        ),
        max_size=12,
    ),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    is_first=st.booleans(),
    block=st.integers(1, 60),
)
def test_the_notation_is_that_of_the_separated_scores(
    rows: list[tuple[str, str]], separator: str, line_end: str, is_first: bool, block: int
) -> None:
    order = -1 if is_first else 1
    file = StringIO(newline="")
    csv.writer(file, delimiter=separator, lineterminator=line_end).writerows(
        row[::order] for row in [("player", "score"), *rows]
    )
    plan = FilePlan(BOARD, Columns(), FileLayout(TableFormat.CSV, separator))
    with patch.object(blocks, "BLOCK_CHARACTERS", block):
        notation = find_notation(BytesIO(file.getvalue().encode()), plan)
    has_decimals = any(score in ("2.5", "1:02") for _, score in rows)
    assert notation is (ScoreNotation.SHOWN if has_decimals else ScoreNotation.STORED)


@pytest.mark.parametrize(
    ("text", "is_whole"),
    [
        ("Ann,12,x\nBob,-7,\r\nCid,5", True),
        ("Ann,12.5\n", False),
        ("Ann,1:02\n", False),
        ("Ann\n12,12\n", False),
        ("Ann,\n", False),
        ('"Ann\nBob",12.5\n', False),
        ("Ann,12\rBob,12.5\r", False),
    ],
)
def test_only_certain_blocks_of_separated_values_have_whole_scores(text: str, is_whole: bool) -> None:
    assert WholeCsvScores(",", 1).only_in(blocks.Block(1, text, 0)) is is_whole


@pytest.mark.parametrize(
    ("text", "is_whole"),
    [
        ('{"score": 12}\n', True),
        ('{"score" : "-12" , "id": "\\u00e4\\n"}\n', True),
        ('{"score": 12}, {"score":\n7}, ', True),
        ('{"score": 12.5}\n', False),
        ('{"score": 1e3}\n', False),
        ('{"score": "1:02"}\n', False),
        ('{"score": 12', False),
        ('{"score": 12}, {"sco', False),
        ('{"\\u0073core": 12.5}\n', False),
    ],
)
def test_only_certain_blocks_of_json_have_whole_scores(text: str, is_whole: bool) -> None:
    assert WholeJsonScores("score").only_in(blocks.Block(1, text, 0)) is is_whole


def test_a_name_that_json_may_write_in_several_ways_is_not_certain() -> None:
    assert not WholeJsonScores("Punktzähl").only_in(blocks.Block(1, '{"Punktzähl": 12}\n', 0))
