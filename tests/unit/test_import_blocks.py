"""Parsing of a file in blocks, in this process and in others. The result must equal the parse of the whole text."""

import json
import multiprocessing
import subprocess
import sys
from io import BytesIO

import psutil
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leaderforge.domain.boards import Board
from leaderforge.imports import block_parsing, blocks, streams
from leaderforge.imports.bad_lines import BadLine
from leaderforge.imports.blocks import Block
from leaderforge.imports.columns import Columns
from leaderforge.imports.files import FilePlan, opened_scores
from leaderforge.imports.formats import FileLayout, TableFormat
from leaderforge.imports.json_rows import SCAN, JsonTable
from leaderforge.imports.lines import ScoreLine
from leaderforge.imports.regular_json import regular_values
from leaderforge.imports.rows import TableRows
from tests.waiting import until

WHOLE = 1 << 18
PIECES = [
    "Ann,1",
    "Ann,1\n",
    '"A',
    '"',
    '""',
    ",",
    "\n",
    "\r\n",
    "\r",
    "1",
    "x",
    " ",
    "\u2028",
    "B,2,3\n",
    '"a\nb",5\n',
]
JSON_PIECES = [
    '{"player": "A", "score": 1}',
    ",",
    "\n",
    "{",
    "}",
    '"',
    "]",
    "[{}]",
    ", ",
    '{"player": "}, {", "score": 2}',
]


def set_block_size(patched: pytest.MonkeyPatch, size: int) -> None:
    patched.setattr(blocks, "BLOCK_CHARACTERS", size)
    # Also read in chunks of this size, because a block ends at the last line end of the text that was read.
    patched.setattr(streams, "_CHUNK_BYTES", size)


def read(
    data: bytes, form: TableFormat, size: int = WHOLE, processes: int = 0
) -> tuple[list[ScoreLine], list[tuple[int, str, int]]]:
    bad: list[BadLine] = []
    plan = FilePlan(Board(1, "cup", "Cup"), Columns(), FileLayout(form))
    with pytest.MonkeyPatch.context() as patched:
        set_block_size(patched, size)
        with opened_scores(BytesIO(data), plan, processes) as scores:
            lines = list(scores.lines(bad.append))
    return lines, [(line.number, line.reason, line.count) for line in bad]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join), st.sampled_from([1, 9, 40]))
@example('"a\nb",1\n"c\n', 1)
@example("Ann,1\r\nBen,2\rCid,3", 1)
def test_blocks_of_any_size_have_the_rows_of_the_whole(text: str, size: int):
    data = f"player,score\n{text}".encode()
    assert read(data, TableFormat.CSV, size) == read(data, TableFormat.CSV)


@given(st.lists(st.sampled_from(JSON_PIECES), max_size=20).map("".join), st.sampled_from([1, 9, 40]))
@example('{"player": "}, {", "score": 2}]', 1)
@example('{"player": "A", "score": 1}, {"player": "B", "score": 1, "runs": [{}, {"a": 1}]}]', 1)
def test_blocks_of_json_have_the_objects_of_the_whole(text: str, size: int):
    data = f"[{text}".encode()
    lines, bad = read(data, TableFormat.JSON, size)
    all_lines, all_bad = read(data, TableFormat.JSON)
    # If one line has several bad elements, their order may differ.
    assert (lines, sorted(bad)) == (all_lines, sorted(all_bad))
    assert read(text.encode(), TableFormat.NDJSON, size) == read(text.encode(), TableFormat.NDJSON)


@pytest.mark.parametrize("is_list", [False, True])
@given(
    st.lists(
        st.sampled_from([*JSON_PIECES, '{"a":1}', '{"a":[{}', "{}]}", ",\n", "\n", "\r\n", '"\\u001e"']), max_size=9
    ),
    st.booleans(),
)
@example(['{"a":1}', "\n", '{"b":2}', "\n"], False)
@example(["\n", '{"a":1}', ",\n", '{"b":2}'], False)
@example(['{"a":[{}', "\n", '{}]}, {"b":2}'], False)
@example(['{"a":[{}', ",\n", '{}]}, {"b":2}'], False)
@example(['{"a":1}] 2'], False)
def test_regular_blocks_have_the_values_of_lines_and_elements_one_by_one(is_list: bool, pieces: list[str], last: bool):
    block = Block(7, "," * is_list + "".join(pieces), 0, is_last=last)
    regular = regular_values(block, SCAN, is_list=is_list)
    if regular is None:
        return
    table = JsonTable((), is_list)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("leaderforge.imports.json_rows.regular_values", lambda *_, **__: None)
        rows = TableRows.without_rows(())
        one_by_one = table._values(block, rows)
    assert (list(regular[0]), list(regular[1])) == tuple(map(list, one_by_one))
    assert (rows.faults, rows.open_row, rows.is_end) == ([], None, False)


@pytest.mark.parametrize("is_list", [False, True])
def test_blocks_with_an_object_a_line_are_regular(is_list: bool):
    text = ',\n{"a": 1},\n{"b": [2]}' if is_list else '{"a": 1}\n{"b": [2]}\n'
    first = 8 if is_list else 7
    regular = regular_values(Block(7, text, 0), SCAN, is_list=is_list)
    assert regular == (range(first, first + 2), [{"a": 1}, {"b": [2]}])


ROWS = [{"player": f"P{i % 7}", "score": i % 11} for i in range(400)]
FILES = {
    TableFormat.CSV: "player,score\n" + "".join(f'"{row["player"]}",{row["score"]}\n' for row in ROWS) + "bad,x\n",
    TableFormat.JSON: json.dumps([*ROWS, {"player": "bad", "score": "x"}]),
}


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make other processes parse from the third block on: small files then use these processes too."""
    monkeypatch.setattr(block_parsing, "_FIRST_BLOCKS", 2)


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("form", list(FILES))
def test_other_processes_return_the_same_lines_in_the_same_order(form: TableFormat):
    data = FILES[form].encode()
    lines, bad = read(data, form)
    assert len(lines) == len(ROWS)
    assert len({line.submission_id for line in lines}) == len(ROWS)
    assert [reason for _, reason, _ in bad] == ["'x' is not an integer score"]
    assert read(data, form, 300, processes=1) == (lines, bad)
    assert not multiprocessing.active_children()


@pytest.mark.usefixtures("soon")
def test_the_end_of_a_process_loses_no_line_and_an_error_ends_the_processes(monkeypatch: pytest.MonkeyPatch):
    set_block_size(monkeypatch, 300)
    data = FILES[TableFormat.CSV].encode()
    plan = FilePlan(Board(1, "cup", "Cup"), Columns(), FileLayout(TableFormat.CSV))
    lines: list[ScoreLine] = []
    with opened_scores(BytesIO(data), plan, processes=1) as scores:
        for line in scores.lines(lambda _: None):
            if not lines:
                assert not multiprocessing.active_children()
            lines.append(line)
            for process in multiprocessing.active_children():
                process.kill()
    assert lines == read(data, TableFormat.CSV)[0]

    def stop(_: BadLine) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), opened_scores(BytesIO(data), plan, processes=1) as scores:
        list(scores.lines(stop))
    assert not multiprocessing.active_children()


KILLED = """
import multiprocessing, sys
from tests.unit.test_import_blocks import *
if __name__ == "__main__":
    block_parsing._FIRST_BLOCKS = 2
    set_block_size(pytest.MonkeyPatch(), 300)
    plan = FilePlan(Board(1, "cup", "Cup"), Columns(), FileLayout(TableFormat.CSV))
    with opened_scores(BytesIO(FILES[TableFormat.CSV].encode()), plan, processes=1) as scores:
        for line in scores.lines(print):
            for process in multiprocessing.active_children():
                print(process.pid, flush=True)
                sys.stdin.read()
"""


def has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_processes_end_with_a_killed_parent():
    parent = subprocess.Popen(  # noqa: ASYNC220 - the test waits for it anyway
        [sys.executable, "-c", KILLED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    await until(lambda: has_ended(child), "the process ends")
