"""Reading of files: encodings, compression, separators, JSON lists, proposed columns, times, memory."""

import gzip
import json
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from itertools import chain, repeat
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.boards import Board, Display
from leaderforge.domain.errors import Refused
from leaderforge.domain.periods import Calendar
from leaderforge.domain.score_texts import PLAIN_NUMBERS
from leaderforge.imports.bad_lines import BadLine
from leaderforge.imports.block_parsing import BlockProcesses, complete_blocks
from leaderforge.imports.blocks import after_object, blocks_of
from leaderforge.imports.columns import Columns
from leaderforge.imports.files import FilePlan, find_notation, opened_scores
from leaderforge.imports.formats import FileLayout, ScoreNotation, TableFormat, format_of
from leaderforge.imports.identity import Occurrences
from leaderforge.imports.json_lists import elements, list_start
from leaderforge.imports.json_numbers import with_numbers
from leaderforge.imports.json_rows import DECODER, SCAN
from leaderforge.imports.lines import ScoreLine
from leaderforge.imports.proposals import ColumnProposal, propose_columns, sampled_rows
from leaderforge.imports.streams import count_lines, text_chunks
from leaderforge.imports.times import TimeParser
from tests import zstd

BOARD = Board(1, "cup", "Cup", display=Display("s", 2))
TEXT = "player,score\nZo\u00eb,10\nBo,20\n"


def read(data: bytes, name: str = "scores.csv", columns: Columns | None = None, **layout: Any) -> list[ScoreLine]:
    plan = FilePlan(Board(1, "cup", "Cup"), columns or Columns(), FileLayout(format_of(name), **layout))
    with opened_scores(BytesIO(data), plan) as scores:
        return list(scores.lines(_raise))


def pairs(lines: list[ScoreLine]) -> list[tuple[str | None, int]]:
    return [(line.player, line.score) for line in lines]


def list_elements(chunks: Iterator[str], path: str = "") -> Iterator[object]:
    """Yield the elements of the list in a JSON document. Raises `BadLine` at the fault that ends the list."""
    start = list_start(chunks, DECODER, path)
    blocks = blocks_of(chain([start.text], chunks), lambda: 0, after_object, start.number)
    with BlockProcesses(lambda: partial(elements, scan=SCAN), processes=0) as parsing:
        for _, part in complete_blocks(blocks, parsing):
            yield from (with_numbers(element.value) for element in part.elements)
            if part.fault is not None:
                raise BadLine(*part.fault)


def pieces(text: str, size: int = 1 << 16) -> Iterator[str]:
    return (text[i : i + size] for i in range(0, len(text), size))


def _raise(bad: BadLine) -> None:
    raise bad


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstd.compress])
@pytest.mark.parametrize(
    ("encoding", "option"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-8-sig", "utf-8"),
        ("utf-16", None),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("latin-1", "latin-1"),
        ("cp1252", "cp1252"),
    ],
)
def test_encodings_and_compressions(compress: Callable[[bytes], bytes], encoding: str, option: str | None):
    lines = read(compress(TEXT.encode(encoding)), encoding=option)
    assert pairs(lines) == [("Zo\u00eb", 10), ("Bo", 20)]


def test_utf_16_without_a_mark_is_refused_with_the_option():
    with pytest.raises(Refused, match="--encoding utf-16-le"):
        read(TEXT.encode("utf-16-le"))


def test_a_spreadsheet_file_is_refused():
    with pytest.raises(Refused, match="save the sheet as CSV"):
        read(b"PK\x03\x04whatever")


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstd.compress])
def test_lines_are_counted_in_advance(compress: Callable[[bytes], bytes]):
    raw = BytesIO(compress(TEXT.encode()))
    assert 2 <= count_lines(raw) <= 4
    assert raw.tell() == 0
    assert count_lines(BytesIO(compress(b'[{"player": "A"}, {"player": "B"}]'))) >= 2


@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstd.compress])
def test_the_progress_of_a_file_ends_at_its_size(compress: Callable[[bytes], bytes]):
    random = Random(1)
    data = compress(b"player,score\n" + b"".join(b"p%d,%d\n" % (i, random.getrandbits(50)) for i in range(40_000)))
    steps: list[int] = []
    with opened_scores(BytesIO(data), FilePlan(BOARD, Columns(), FileLayout(TableFormat.CSV))) as scores:
        assert sum(1 for _ in scores.lines(_raise, steps.append)) == 40_000
    assert len(steps) > 1
    assert sum(steps) == len(data)


def test_a_file_of_zeros_is_inflated_in_constant_memory():
    import tracemalloc

    blank_lines = 8_000_000
    raw = BytesIO(gzip.compress(b"player,score\n" + b"\n" * blank_lines))
    tracemalloc.start()
    assert sum(map(len, text_chunks(raw))) == blank_lines + 13
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("name", ["scores.csv", "scores.ndjson"])
def test_an_endless_line_takes_constant_memory(name: str):
    import tracemalloc

    header = b"player,score\n" if name.endswith("csv") else b""
    raw = BytesIO(gzip.compress(header + b"x" * 60_000_000 + b"\n" + (b"Ann,1\n" if header else b"")))
    plan = FilePlan(Board(1, "cup", "Cup"), Columns(), FileLayout(format_of(name)))
    bad: list[BadLine] = []
    tracemalloc.start()
    with opened_scores(raw, plan) as scores:
        lines = list(scores.lines(bad.append))
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()
    assert bad
    assert pairs(lines) == ([("Ann", 1)] if header else [])


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_found_in_the_header(separator: str):
    header, row = (separator.join(cells) for cells in (("rank", "player", "score"), ("1", "Ann", "5")))
    assert pairs(read(f"{header}\n{row}\n".encode())) == [("Ann", 5)]
    assert pairs(read(f"{row}\n".encode(), header=("rank", "player", "score"))) == [("Ann", 5)]


def test_any_separator_can_be_set():
    assert pairs(read(b"player~score\nAnn~5\n", separator="~")) == [("Ann", 5)]
    with pytest.raises(BadLine, match="if semicolon separates the columns, set --separator"):
        read(b"player;score\nAnn;5\n", separator=",")


def test_a_quoted_separator_in_the_header_is_text():
    assert pairs(read(b'"a;b;c;d",player,score\n1,Ann,5\n')) == [("Ann", 5)]


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("[]", "", []),
        (' [ 1 , "a" , null ] ', "", [1, "a", None]),
        ('[{"a": [1, 2]},\n{"b": 3.5}]', "", [{"a": [1, 2]}, {"b": 3.5}]),
        ('{"x": {"y": [7]}, "data": {"n": 1, "rows": [1, 2]}, "z": 0}', "data.rows", [1, 2]),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1 << 16])
def test_lists_in_json_documents(
    text: str, path: str, expected: list[object], size: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("leaderforge.imports.blocks.BLOCK_CHARACTERS", size)
    assert list(list_elements(pieces(text, size), path)) == expected


@pytest.mark.parametrize(
    ("text", "path", "reason", "before"),
    [
        ("{}", "", "line 1: not JSON of scores: the document is not a list: set --path", 0),
        ('{"a": 1}', "b", "line 1: there is no member 'b': check --path", 0),
        ('{"a": {}}', "a", "line 1: not JSON of scores: there is no list at 'a'", 0),
        ("[1,\n2,\n3", "", "line 3: not JSON: the document is cut off", 3),
        ("[1,\n2,\nx]", "", "line 3: not JSON: the document is cut off or damaged here", 2),
        ("[1,\n2 3]", "", "line 2: not JSON: '3' is in the list", 2),
        ("", "", "line 1: not JSON of scores", 0),
    ],
)
def test_damaged_documents(text: str, path: str, reason: str, before: int):
    values: list[object] = []
    with pytest.raises(BadLine) as stopped:
        values.extend(list_elements(pieces(text), path))
    assert str(stopped.value).startswith(reason)
    assert len(values) == before


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=8,
)


@given(st.lists(json_values, max_size=6), st.sampled_from([None, 1]), st.sampled_from([1, 7, 1 << 16]))
def test_any_list_is_read_as_the_standard_library_does(values: list[object], indent: int | None, size: int):
    text = json.dumps(values, indent=indent)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("leaderforge.imports.blocks.BLOCK_CHARACTERS", size)
        assert list(list_elements(pieces(text, size))) == values


def test_a_long_list_is_read_in_constant_memory():
    import tracemalloc

    parts = chain(['[{"a": 1}'], repeat(', {"a": 1}' * 10_000, 20), ["]"])
    tracemalloc.start()
    assert sum(1 for _ in list_elements(parts)) == 200_001
    assert tracemalloc.get_traced_memory()[1] < 24_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("max_recent", [1, 3, 1000])
@given(digests=st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 5), max_size=60))
def test_occurrences_are_exact_beyond_the_memory(max_recent: int, digests: list[int]):
    occurrences = Occurrences(max_recent)
    assert [occurrences.count(digest) for digest in digests] == [
        digests[:i].count(digest) for i, digest in enumerate(digests)
    ]
    occurrences.close()


@pytest.mark.parametrize(
    ("time_format", "zone", "text", "time"),
    [
        ("seconds", "UTC", "1791000000", 1_791_000_000_000),
        ("seconds", "UTC", "1791000000.5", 1_791_000_000_500),
        ("seconds", "UTC", "-1.5", -1_500),
        ("milliseconds", "UTC", "-5", -5),
        ("milliseconds", "UTC", "1791000000123", 1_791_000_000_123),
        ("microseconds", "UTC", "1791000000123999", 1_791_000_000_123),
        ("nanoseconds", "UTC", "1791000000123999999", 1_791_000_000_123),
        ("serial", "UTC", "46309", 1_791_936_000_000),
        ("serial", "UTC", "46309.5", 1_791_979_200_000),
        ("%d.%m.%Y %H:%M", "UTC", "14.10.2026 07:30", 1_791_963_000_000),
        ("%d.%m.%Y %H:%M", "Europe/Berlin", "14.10.2026 09:30", 1_791_963_000_000),
        ("%d/%m/%Y %I:%M %p", "UTC", "14/10/2026 07:30 AM", 1_791_963_000_000),
        (None, "Europe/Berlin", "2026-10-14 09:30", 1_791_963_000_000),
        (None, "Europe/Berlin", "2026-10-14T07:30:00Z", 1_791_963_000_000),
        (None, "America/New_York", "20261014", 1_791_950_400_000),
        # 2:30 occurs twice when the clock is set back. The first time is meant.
        (None, "Europe/Berlin", "2026-10-25 02:30", 1_792_888_200_000),
    ],
)
def test_times_in_a_format_and_a_zone(time_format: str | None, zone: str, text: str, time: int):
    assert TimeParser(time_format, zone)(text) == time


@pytest.mark.parametrize(
    ("time_format", "text", "reason"),
    [
        ("seconds", "today", "'today' is not a number"),
        ("seconds", "nan", "'nan' is not a number"),
        ("seconds", "1_000", "'1_000' is not a number"),
        ("seconds", "9" * 20, f"the time '{'9' * 20}' is more than 4,459 years from 1970"),
        ("serial", "99999999999", "the day '99999999999' is beyond the year 9999"),
        ("%d.%m.%Y", "2026-10-14", "'2026-10-14' does not fit the time format '%d.%m.%Y'"),
    ],
)
def test_texts_that_do_not_fit_the_format(time_format: str, text: str, reason: str):
    with pytest.raises(ValueError, match=r"\w") as refusal:
        TimeParser(time_format)(text)
    assert str(refusal.value) == reason


@pytest.mark.parametrize("time_format", ["DD.MM.YYYY", "unix"])
def test_an_unknown_format_is_refused(time_format: str):
    with pytest.raises(Refused, match="use seconds, milliseconds, microseconds, nanoseconds, serial or a pattern"):
        TimeParser(time_format)


def test_date_and_time_in_two_columns_with_the_zone_of_the_board():
    board = Board(1, "cup", "Cup", calendar=Calendar(time_zone="Europe/Berlin"))
    columns = Columns(time="day", time_of_day="hour")
    plan = FilePlan(board, columns, FileLayout(TableFormat.CSV))
    with opened_scores(BytesIO(b"player,score,day,hour\nAnn,1,2026-10-14,09:30\n"), plan) as scores:
        [line] = scores.lines(_raise)
    assert line.achieved_at == 1_791_963_000_000


def test_ids_subscores_and_metadata():
    columns = Columns(player_id="id", subscore="kills", metadata="meta", members=["map", "team"])
    rows = [
        {"player": "Ann", "id": "'=1", "score": "1", "kills": "7", "meta": '{"a": 1.50}', "map": "dust", "team": ""},
        {"player": "", "id": "x-2", "score": "2", "kills": "", "meta": "", "map": "", "team": ""},
    ]
    header = ",".join(rows[0])
    cells = ['Ann,\'=1,1,7,"{""a"": 1.50}",dust,', ",x-2,2,,,,"]
    lines = read("\n".join([header, *cells]).encode(), columns=columns)
    assert [(line.player, line.external_id, line.subscore, line.metadata) for line in lines] == [
        ("Ann", "=1", 7, '{"a":1.5,"map":"dust"}'),
        (None, "x-2", None, None),
    ]
    objects = json.dumps([{**rows[0], "id": "=1", "kills": 7, "meta": {"a": 1.5}}, {**rows[1], "meta": None}])
    for name, data in (("a.json", objects), ("a.ndjson", "\n".join(map(json.dumps, json.loads(objects))))):
        # Compare without the submission ids, because they depend on the text of the file.
        assert [line[1:4] + line[5:] for line in read(data.encode(), name, columns)] == [
            line[1:4] + line[5:] for line in lines
        ]


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("subscore", "x", "'x' is not an integer subscore"),
        ("subscore", "9007199254740992", "the subscore '9007199254740992' is beyond"),
        ("metadata", "[1]", "the metadata '[1]' is not a JSON object"),
        ("metadata", '"{""a"": NaN}"', "the metadata must hold JSON values only"),
        ("player_id", "x" * 129, "an external id must have 1 to 128 characters"),
    ],
)
def test_wrong_values_of_other_columns(column: str, text: str, reason: str):
    with pytest.raises(BadLine) as refusal:
        read(f"player,score,extra\nAnn,1,{text}\n".encode(), columns=Columns(**{column: "extra"}))
    assert refusal.value.reason.startswith(reason)


@pytest.mark.parametrize(
    ("text", "notation"),
    [
        ("player,score\nA,1\nB,2\n", ScoreNotation.STORED),
        ("player,score\nA,1\nB,2.5\n", ScoreNotation.SHOWN),
        ("player,score\nA,1\nB,1:02\n", ScoreNotation.SHOWN),
        ("player,score\nA,1\nB,x\n", ScoreNotation.STORED),
    ],
)
def test_the_notation_is_that_of_the_whole_file(text: str, notation: ScoreNotation):
    plan = FilePlan(BOARD, Columns(), FileLayout(TableFormat.CSV))
    assert find_notation(BytesIO(text.encode()), plan) is notation


@pytest.mark.parametrize(
    ("text", "proposal"),
    [
        ("player,score\nAnn,1\n", ColumnProposal("player", "score", None)),
        ("pos;Name;Points;Date\n1;Ann;30;2026-10-01\n", ColumnProposal("Name", "Points", "Date")),
        ("who,km,on\nAnn,30,2026-10-01\n", ColumnProposal("who", "km", "on")),
        ("driver,time\nAnn,1:02.50\nBen,59.1\n", ColumnProposal("driver", "time", None)),
        ("a,b\nx,y\n", ColumnProposal("a", None, None)),
    ],
)
def test_columns_are_proposed_by_names_and_values(text: str, proposal: ColumnProposal):
    rows = sampled_rows(BytesIO(text.encode()), FileLayout(TableFormat.CSV))
    assert propose_columns(rows, BOARD, PLAIN_NUMBERS, None) == proposal


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.csv", TableFormat.CSV),
        ("A.TSV", TableFormat.CSV),
        ("a.csv.gz", TableFormat.CSV),
        ("a.ndjson.zst", TableFormat.NDJSON),
        ("a.jsonl", TableFormat.NDJSON),
        ("2026.10.json", TableFormat.JSON),
    ],
)
def test_formats_by_name(name: str, expected: TableFormat):
    assert format_of(str(Path("folder.d") / name)) is expected


MARKS = [b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"]
STARTS = [*MARKS, b"", b"player,score,time\n", b"[{"]
PIECES = [bytes([byte]) for byte in b"1-:.,\"'{}[]\n\r\x00\xff"] + [b"Ann", b"player", b"2026-10-14"]


@given(
    st.sampled_from(STARTS),
    st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), max_size=40).map(b"".join),
    st.sampled_from(TableFormat),
    st.sampled_from([None, "utf-8", "utf-16", "latin-1"]),
    st.sampled_from([gzip.compress, zstd.compress, bytes]),
)
def test_any_bytes_give_lines_or_errors_of_the_product(
    start: bytes, rest: bytes, form: TableFormat, encoding: str | None, compress: Callable[[bytes], bytes]
):
    plan = FilePlan(BOARD, Columns(time="time", id=None), FileLayout(form, encoding=encoding))
    raw = BytesIO(compress(start + rest))
    bad: list[BadLine] = []
    try:
        find_notation(raw, plan)
        with opened_scores(raw, plan) as scores:
            for line in scores.lines(bad.append):
                assert line.player
                assert line.achieved_at is not None
    except Refused:
        pass
    except BadLine as error:
        bad.append(error)
    assert all(error.reason and error.number > 0 for error in bad)
