"""Export of complete ladders to files that can be parsed."""

import csv
import json
from io import StringIO

from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.boards import MAX_INTEGER, Board, Order
from leaderforge.domain.spreadsheet_cells import escaped, unescaped
from leaderforge.domain.times import time_text
from leaderforge.services.entries import Entry
from leaderforge.services.exporting import ExportFormat, header, lines

BOARD = Board(1, "laps", "Laps")
WITH_SUBSCORE = Board(2, "stages", "Stages", subscore_order=Order.DESC)
FORMULAS = ["=1+1", "+1", "-1", "@a", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201", '=HYPERLINK("x")']

integers = st.integers(-MAX_INTEGER, MAX_INTEGER)
names = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1)
entries = st.builds(
    Entry,
    rank=st.integers(1, MAX_INTEGER),
    user_id=integers,
    username=st.none() | names,
    score=integers,
    submissions=st.integers(1, MAX_INTEGER),
    achieved_at=st.integers(-(2**47), 2**47),
    metadata=st.none() | st.dictionaries(names, names | integers, max_size=3).map(json.dumps),
    subscore=integers,
    external_id=st.none() | names,
    tiebreakers=st.just(()),
)


def told(entry: Entry, board: Board, *, in_ndjson: bool = True) -> dict[str, object]:
    """Return the expected values of an exported entry by name. In CSV, the last column is always the external id."""
    subscore = {} if board.subscore_order is None else {"subscore": entry.subscore}
    return {
        "rank": entry.rank,
        "user_id": entry.user_id,
        "username": entry.username,
        **({} if entry.external_id is None or not in_ndjson else {"external_id": entry.external_id}),
        "score": entry.score,
        **subscore,
        "submissions": entry.submissions,
        "achieved_at": time_text(entry.achieved_at),
        "metadata": None if entry.metadata is None else json.loads(entry.metadata),
        **({} if in_ndjson else {"external_id": entry.external_id}),
    }


@given(st.lists(entries, max_size=5), st.sampled_from([BOARD, WITH_SUBSCORE]))
def test_ndjson_is_an_object_a_line(some: list[Entry], board: Board) -> None:
    text = header(ExportFormat.NDJSON, board) + lines(ExportFormat.NDJSON, board, some)
    *read, end = text.split("\n")
    assert end == ""
    assert [list(json.loads(line).items()) for line in read] == [list(told(one, board).items()) for one in some]


@given(st.lists(entries, max_size=5), st.sampled_from([BOARD, WITH_SUBSCORE]))
def test_csv_is_read_back_as_it_was(some: list[Entry], board: Board) -> None:
    text = header(ExportFormat.CSV, board) + lines(ExportFormat.CSV, board, some)
    read = list(csv.DictReader(StringIO(text, newline="")))
    for row, entry in zip(read, some, strict=True):
        expected = told(entry, board, in_ndjson=False)
        assert list(row) == list(expected)
        for column in ("username", "external_id"):
            assert unescaped(row.pop(column)) == (expected.pop(column) or "")
        metadata, shown = row.pop("metadata"), expected.pop("metadata")
        assert (json.loads(metadata) if metadata else None) == shown
        assert row == {column: str(value) for column, value in expected.items()}


@given(names | st.text("=+-@'\uff1d\t a", min_size=1, max_size=4))
def test_each_cell_stands_for_one_text(text: str) -> None:
    assert unescaped(escaped(text)) == text
    assert not escaped(text).startswith(tuple("=+-@\uff1d\uff0b\uff0d\uff20"))


def test_csv_lines_end_as_the_standard_says() -> None:
    entry = Entry(1, 7, 'Ann "the, ace"', 5, 2, 0, '{"a":1}')
    first = "rank,user_id,username,score,submissions,achieved_at,metadata,external_id\r\n"
    assert header(ExportFormat.CSV, BOARD) == first
    assert lines(ExportFormat.CSV, BOARD, [entry]) == (
        '1,7,"Ann ""the, ace""",5,2,1970-01-01T00:00:00.000Z,"{""a"":1}",\r\n'
    )


def test_names_and_ids_that_look_like_formulas_are_harmless_in_csv() -> None:
    some = [Entry(1, 7, name, -5, 1, 0, external_id=name) for name in FORMULAS]
    read = list(csv.reader(StringIO(lines(ExportFormat.CSV, BOARD, some), newline="")))
    assert [row[2] for row in read] == [row[7] for row in read] == [f"'{name}" for name in FORMULAS]
    assert {row[3] for row in read} == {"-5"}
    text = lines(ExportFormat.NDJSON, BOARD, some)
    assert [json.loads(line)["username"] for line in text.splitlines()] == FORMULAS
