import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.boards import MAX_INTEGER, Board
from leaderforge.domain.errors import Refused
from leaderforge.domain.order import MAX_TIME
from leaderforge.imports import blocks
from leaderforge.imports.bad_lines import BadLine, OnBadLine
from leaderforge.imports.columns import Columns, Condition
from leaderforge.imports.files import FilePlan, opened_scores
from leaderforge.imports.formats import FileLayout, format_of
from leaderforge.imports.lines import ScoreLine
from leaderforge.imports.times import SERIAL, UNITS

DAY = 86_400_000
PLAIN = Columns()
TIMED = replace(PLAIN, time="time")
NOT_UTF_8 = "the player is not UTF-8 text: set --encoding, such as latin-1"
GROUPED = ": if it has a separator of thousands or a decimal comma, set --thousands or --decimal"
AMBIGUOUS = "the time '{}' is ambiguous: if it is a number since 1970, set --time-format "
BOARD = Board(1, "default", "Default")
DATA = Path(__file__).parents[1] / "data" / "import"


def plan_for(path: Path, columns: Columns = PLAIN) -> FilePlan:
    return FilePlan(BOARD, columns, FileLayout(format_of(path.name)))


def score_lines(path: Path, plan: FilePlan, on_bad: OnBadLine, done: list[int] | None = None) -> list[ScoreLine]:
    with path.open("rb") as raw, opened_scores(raw, plan) as scores:
        return list(scores.lines(on_bad, (done if done is not None else []).append))


def read_all(path: Path, columns: Columns = PLAIN) -> tuple[list[ScoreLine], list[BadLine]]:
    bad: list[BadLine] = []
    done: list[int] = []
    lines = score_lines(path, plan_for(path, columns), bad.append, done)
    assert sum(done) == path.stat().st_size
    return lines, bad


def read(path: Path, columns: Columns = PLAIN) -> list[tuple[int, str | None, int, int | None]]:
    lines, bad = read_all(path, columns)
    assert not bad
    return [(line.number, line.player, line.score, line.achieved_at) for line in lines]


def refusals(path: Path, columns: Columns = PLAIN) -> dict[int, str]:
    return {bad.number: bad.reason for bad in read_all(path, columns)[1]}


def write(folder: Path, text: str | bytes, name: str = "scores.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def write_rows(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """Write the rows in the format that the suffix of the path says."""
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        else:
            file.writelines(json.dumps(row) + "\n" for row in rows)
    return path


def test_reads_the_columns_that_are_named(tmp_path: Path):
    path = write(tmp_path, "when,who,goals,where\n2024-05-06,Ann,3,Rome\n2024-05-07,Ben,-4,Oslo\n")
    columns = replace(PLAIN, player="who", score="goals", time="when")
    assert read(path, columns) == [(2, "Ann", 3, 1_714_953_600_000), (3, "Ben", -4, 1_714_953_600_000 + DAY)]


@pytest.mark.parametrize("name", ["scores.ndjson", "scores.jsonl", "SCORES.NDJSON"])
def test_reads_json_texts_and_numbers_alike(tmp_path: Path, name: str):
    path = write(tmp_path, '{"player": "Ann", "score": 3}\n{"score": "-4", "player": 12, "more": [1]}', name)
    assert read(path) == [(1, "Ann", 3, None), (2, "12", -4, None)]


def test_a_score_may_be_a_constant_and_a_line_without_time_is_of_now(tmp_path: Path):
    assert read(write(tmp_path, "player\nAnn\nBen\n"), replace(PLAIN, score=-2)) == [
        (2, "Ann", -2, None),
        (3, "Ben", -2, None),
    ]


@pytest.mark.parametrize(
    ("conditions", "players"),
    [
        ([Condition("own", "FALSE")], ["Ann", "Cy"]),
        ([Condition("own", "FALSE", negated=True)], ["Ben", "Di"]),
        ([Condition("own", "FALSE"), Condition("team", "B")], ["Cy"]),
        ([Condition("own", "")], ["Di"]),
        ([Condition("own", "false")], []),
    ],
)
@pytest.mark.parametrize("name", ["scores.csv", "scores.ndjson"])
def test_conditions_choose_lines(tmp_path: Path, name: str, conditions: list[Condition], players: list[str]):
    rows = [
        {"player": "Ann", "score": "1", "own": "FALSE", "team": "A"},
        {"player": "Ben", "score": "1", "own": "TRUE", "team": "A"},
        {"player": "Cy", "score": "1", "own": " FALSE", "team": "B"},
        {"player": "Di", "score": "1", "own": "", "team": "B"},
    ]
    path = write_rows(tmp_path / name, rows)
    assert [line[1] for line in read(path, replace(PLAIN, conditions=conditions))] == players


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("scores.csv", 'player,score,own,note\nAnn,1,FALSE,"\n%s"\n'),
        ("scores.csv", "player,score,own\n\n \n"),
        ("scores.ndjson", "\n"),
        ("scores.json", '[{"player": "Ann", "score": 1, "own": "FALSE", "note": "%s"}]'),
    ],
)
@pytest.mark.parametrize("own", ["FALSE", "TRUE"])
def test_conditions_admit_blocks_without_complete_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, own: str
):
    monkeypatch.setattr(blocks, "BLOCK_CHARACTERS", 32)
    text = text.replace("%s", "long " * 8 + "name")
    path = write(tmp_path, text, name)
    count = int(own == "FALSE" and "long" in text)
    assert len(read(path, replace(PLAIN, conditions=[Condition("own", own)]))) == count


def test_what_a_condition_leaves_out_may_be_bad(tmp_path: Path):
    path = write(tmp_path, "player,score,kind\nAnn,three,draft\nBen,4,final\n")
    assert read(path, replace(PLAIN, conditions=[Condition("kind", "final")])) == [(3, "Ben", 4, None)]


def test_values_that_stand_for_none_are_missing(tmp_path: Path):
    path = write(tmp_path, "player,score\nNA,1\n ,2\nAnn,NA\nAnn,\nAnn\nNAN,5\n")
    lines, bad = read_all(path, replace(PLAIN, missing=frozenset({"", "NA"})))
    assert [(line.player, line.score) for line in lines] == [("NAN", 5)]
    assert [str(one) for one in bad] == [
        "line 2: no player",
        "line 3: no player",
        "line 4: no score",
        "line 5: no score",
        "line 6: no score",
    ]


def test_null_is_no_value_and_no_name(tmp_path: Path):
    path = write(tmp_path, '{"player": null, "score": 1}\n{"player": "null", "score": 2}', "scores.ndjson")
    lines, bad = read_all(path)
    assert [(line.player, line.score) for line in lines] == [("null", 2)]
    assert [str(one) for one in bad] == ["line 1: no player"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("scores.csv", "\ufeffplayer,score\r\nZoë,1\r\n"),
        ("scores.csv", "score, player \n1,Zoe\u0308\n"),
        ("scores.csv", '"player","score\t"\n"Zoë"," 1 "\n'),
        ("scores.ndjson", '\ufeff{"player": "Zoë", "score": 1}\r\n'),
        ("scores.ndjson", '{"player": " Zo\\u00eb", "score": "1"}'),
    ],
)
def test_byte_order_marks_line_ends_and_spaces_around_do_not_matter(tmp_path: Path, name: str, text: str):
    assert [line[1:3] for line in read(write(tmp_path, text, name))] == [("Zoë", 1)]


def test_lines_are_numbered_by_where_they_begin_in_the_file(tmp_path: Path):
    path = write(tmp_path, '\n\nplayer,score,note\n\nAnn,1,"two\nlines"\n\n,,\n"Ben",2,""\nCy,x,\n')
    lines, bad = read_all(path)
    assert [(line.number, line.player) for line in lines] == [(5, "Ann"), (9, "Ben")]
    assert [one.number for one in bad] == [10]


def test_a_name_with_a_line_break_is_refused_and_the_next_line_read(tmp_path: Path):
    lines, bad = read_all(write(tmp_path, 'player,score\n"A\nnn",1\nBen,2\n'))
    assert [(line.number, line.player) for line in lines] == [(4, "Ben")]
    assert [one.number for one in bad] == [2]


def test_blank_lines_of_json_are_numbered_too(tmp_path: Path):
    path = write(tmp_path, '\n  \n{"player": "Ann", "score": 1}\n\n{"player": "Ben", "score": 2}\n\n', "scores.ndjson")
    assert [line[:2] for line in read(path)] == [(3, "Ann"), (5, "Ben")]


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("1970-01-02", DAY),
        ("1969-12-31", -DAY),
        ("1970-01-01T00:00:01", 1000),
        ("1970-01-01 00:00:01.5", 1500),
        ("1970-01-01T00:00:01Z", 1000),
        ("1970-01-01T01:00:01+01:00", 1000),
        ("1969-12-31T19:00:00-05:00", 0),
        ("1969-12-31T23:59:59.999Z", -1),
        ("2026-10-14T07:30:00Z", 1_791_963_000_000),
        ("2026-10-14T07:30:00z", 1_791_963_000_000),
        ("2026-10-14t07:30:00z", 1_791_963_000_000),
        ("2026-10-14T09:30:00+02:00", 1_791_963_000_000),
        ("1970-01-01T00:00:00.0009", 0),
        ("1969-12-31T23:59:59.9999", -1),
        ("1916-07-02", -1_688_342_400_000),
        ("0001-01-01", -62_135_596_800_000),
        ("0001-01-01T00:00+23:59", -62_135_596_800_000 - 23 * 3_600_000 - 59 * 60_000),
        ("9999-12-31T23:59:59.999-23:59", 253_402_300_799_999 + 23 * 3_600_000 + 59 * 60_000),
        ("20240506", 1_714_953_600_000),
        ("20261014T10", 1_791_972_000_000),
        ("1700000000123", 1_700_000_000_123),
        ("1791000000000", 1_791_000_000_000),
    ],
)
def test_times(tmp_path: Path, text: str, time: int):
    if abs(time) > MAX_TIME:
        assert refusals(write(tmp_path, f"player,score,time\nAnn,1,{text}\n"), TIMED)[2].endswith(
            "more than 4,459 years from 1970"
        )
    else:
        assert read(write(tmp_path, f"player,score,time\nAnn,1,{text}\n"), TIMED) == [(2, "Ann", 1, time)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("yesterday", "'yesterday' is not a time: write ISO 8601, or set --time-format"),
        ("2024-02-30", "'2024-02-30' is not a time: write ISO 8601, or set --time-format"),
        ("20240230", "'20240230' is not a time: an eight-digit date must exist"),
        ("2026-287", "'2026-287' is not a time: write ISO 8601, or set --time-format"),
        ("--5", "'--5' is not a time: write ISO 8601, or set --time-format"),
        ("²", "'²' is not a time: write ISO 8601, or set --time-format"),
        ("1791000000.5", "'1791000000.5' is not a time: write ISO 8601, or set --time-format"),
        ("1791000000", f"{AMBIGUOUS.format('1791000000')}seconds"),
        ("1791000000123456", f"{AMBIGUOUS.format('1791000000123456')}microseconds"),
        ("1791000000123456789", f"{AMBIGUOUS.format('1791000000123456789')}nanoseconds"),
        ("46310", f"{AMBIGUOUS.format('46310')[:-1]}, such as milliseconds, seconds or serial"),
        ("2026", f"{AMBIGUOUS.format('2026')[:-1]}, such as milliseconds, seconds or serial"),
        ("-5", f"{AMBIGUOUS.format('-5')[:-1]}, such as milliseconds, seconds or serial"),
        ("0", f"{AMBIGUOUS.format('0')[:-1]}, such as milliseconds, seconds or serial"),
        ("202610141030", f"{AMBIGUOUS.format('202610141030')[:-1]}, such as milliseconds, seconds or serial"),
        ("", "no time"),
    ],
)
def test_wrong_times(tmp_path: Path, text: str, reason: str):
    assert refusals(write(tmp_path, f"player,score,time\nAnn,1,{text}\nBen,2,20240506\n"), TIMED) == {2: reason}


@pytest.mark.parametrize("time_format", [*UNITS, SERIAL])
@pytest.mark.parametrize("text", ["1e999999", "-1e999999", "1e200000", "1e31", "NaN", "inf", "1" * 31, "1_0"])
def test_numbers_without_a_sensible_size_are_no_times(tmp_path: Path, time_format: str, text: str):
    path = write(tmp_path, f"player,score,time\nAnn,1,{text}\nBen,2,1.5\nCem,3,1e-999999\n")
    bad: list[BadLine] = []
    lines = score_lines(path, replace(plan_for(path, TIMED), time_format=time_format), bad.append)
    assert [(line.number, line.reason) for line in bad] == [(2, f"{text!r} is not a number")]
    assert [line.player for line in lines] == ["Ben", "Cem"]


@pytest.mark.parametrize("score", [0, 1, -1, MAX_INTEGER, -MAX_INTEGER])
@pytest.mark.parametrize("name", ["scores.csv", "scores.ndjson"])
def test_scores_are_exact_to_their_limits(tmp_path: Path, name: str, score: int):
    path = write_rows(tmp_path / name, [{"player": "Ann", "score": str(score)}])
    assert [line[2] for line in read(path)] == [score]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("three", "'three' is not an integer score"),
        ("1.5", "'1.5' has 1 decimal, and the board keeps no decimals"),
        ("1,250", "'1,250' is not an integer score" + GROUPED),
        ("1 250", "'1 250' is not an integer score" + GROUPED),
        ("1:26.572", "'1:26.572' is not an integer score: only boards with the unit s or ms have clock times"),
        ("1e3", "'1e3' is not an integer score"),
        ("0x10", "'0x10' is not an integer score"),
        ("1_000", "'1_000' is not an integer score"),
        ("٣", "'٣' is not an integer score"),
        ("9" * 5000, f"the score '{'9' * 60}...' is beyond +-(2^53 - 1)"),
        (str(MAX_INTEGER + 1), f"the score '{MAX_INTEGER + 1}' is beyond +-(2^53 - 1)"),
        (str(-MAX_INTEGER - 1), f"the score '{-MAX_INTEGER - 1}' is beyond +-(2^53 - 1)"),
    ],
)
@pytest.mark.parametrize("name", ["scores.csv", "scores.ndjson"])
def test_wrong_scores(tmp_path: Path, name: str, text: str, reason: str):
    rows = [{"player": "Ann", "score": "1"}, {"player": "Ben", "score": text}, {"player": "Cy", "score": "3"}]
    lines, [bad] = read_all(write_rows(tmp_path / name, rows))
    assert [line.player for line in lines] == ["Ann", "Cy"]
    assert (bad.number, bad.reason) == (3 if name.endswith("csv") else 2, reason)


@pytest.mark.parametrize("text", ["1.5", "1e3", "true", "NaN", "[1]", '{"a": 1}', str(MAX_INTEGER + 1)])
def test_json_scores_that_are_no_integers(tmp_path: Path, text: str):
    path = write(tmp_path, f'{{"player": "Ann", "score": {text}}}\n', "scores.ndjson")
    assert list(refusals(path)) == [1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"player": "Ann", "score": 1', "not JSON"),
        ("player,score", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"player": "Ann", "score": ' + "9" * 5000 + "}", "not JSON"),
        ('["Ann", 1]', "not a JSON object"),
        ("3", "not a JSON object"),
        ("null", "not a JSON object"),
        ('{"player": "Ann"}', "there is no column 'score'"),
        ('{"player": "", "score": 1}', "no player"),
        ('{"player": "\\ud800", "score": 1}', NOT_UTF_8),
        ('{"player": "Ann", "score": 1, "metadata": ' + "[" * 201 + "]" * 201 + "}", "the value is nested too deeply"),
        ('{"player": "Ann", "score": 1, "runs": ' + '{"a":' * 500 + "1" + "}" * 501, "the value is nested too deeply"),
    ],
)
def test_bad_lines_of_json_are_reported_and_others_read(tmp_path: Path, text: str, reason: str):
    good = '{"player": "Ben", "score": 2, "runs": ' + "[" * 200 + "]" * 200 + "}"
    lines, [bad] = read_all(write(tmp_path, f"{good}\n\n{text}\n{good}\n", "scores.ndjson"))
    assert [line.number for line in lines] == [1, 4]
    assert bad.number == 3
    assert bad.reason.startswith(reason)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ('[{"player": "Ann", "score": 1},\n{"player": "Ben", "score": 2}]', "not JSON: "),
        ('[\n{"player": "Ann", "score": 1}\n]', "not JSON: "),
        ('[{"player": "Ann", "score": 1}, {"player": "Ben", "score": 2}]', "not a JSON object: "),
    ],
)
def test_a_list_in_a_file_of_lines_is_reported_with_the_option(tmp_path: Path, text: str, first: str):
    reason = refusals(write(tmp_path, text, "scores.ndjson"))[1]
    assert reason.startswith(first)
    assert reason.endswith(": if the file is a JSON list, set --format json")


def test_a_list_in_a_list_is_no_reason_for_the_option(tmp_path: Path):
    assert refusals(write(tmp_path, "[[1]]", "scores.json")) == {1: "not a JSON object"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('"Ann"x,1', "not CSV"),
        ("Smith, Ann,1", "3 values for 2 columns"),
        (f"{'A' * 65},1", "a username must have 1 to 64 characters, not 65"),
        ("A\x00nn,1", "a username must not contain control characters"),
        (f"{'A' * 200_000},1", "not CSV: field larger"),
    ],
)
def test_bad_lines_of_csv_are_reported_and_others_read(tmp_path: Path, text: str, reason: str):
    lines, [bad] = read_all(write(tmp_path, f"player,score\nBen,2\n\n{text}\nBen,2\n"))
    assert [line.number for line in lines] == [3 - 1, 5]
    assert bad.number == 4
    assert bad.reason.startswith(reason)


def test_a_quote_that_is_never_closed_is_reported_where_it_opens(tmp_path: Path):
    lines, bad = read_all(write(tmp_path, 'player,score\nAnn,1\n"Ben,2\nCy,3\n'))
    assert [line.player for line in lines] == ["Ann"]
    assert [(one.number, one.reason) for one in bad] == [
        (3, "the quote that begins here reaches to line 4: 2 lines are not read (unexpected end of data)")
    ]
    assert sum(one.count for one in bad) == 2


@pytest.mark.parametrize("name", ["scores.csv", "scores.ndjson"])
def test_what_is_not_utf_8_is_reported_with_its_line(tmp_path: Path, name: str):
    rows = [{"player": "Ann", "score": "1"}, {"player": "JosE", "score": "2"}, {"player": "Cy", "score": "3"}]
    path = write_rows(tmp_path / name, rows)
    path.write_bytes(path.read_bytes().replace(b"JosE", "José".encode("latin-1")))
    lines, [bad] = read_all(path)
    assert [line.player for line in lines] == ["Ann", "Cy"]
    assert (bad.number, bad.reason) == (3 if name.endswith("csv") else 2, NOT_UTF_8)


def test_columns_that_are_not_used_may_hold_anything(tmp_path: Path):
    lines, bad = read_all(write(tmp_path, b"player,score,team\nAnn,1,M\xfcnchen\nAnn,1,M\xf6nchen\n"))
    assert [line.score for line in lines] == [1, 1]
    assert not bad


@pytest.mark.parametrize(
    ("text", "columns", "reason"),
    [
        ("who,score\nAnn,1\n", PLAIN, "line 1: there is no column 'player' in the header 'who', 'score'"),
        ("\nplayer:score\n", PLAIN, "line 2: there is no column 'player' in the header 'player:score'"),
        ("player,score\n", TIMED, "line 1: there is no column 'time' in the header 'player', 'score'"),
        ("player,score\n", replace(PLAIN, id="key"), "line 1: there is no column 'key' in the header"),
        ("player,score\n", replace(PLAIN, conditions=[Condition("own", "x")]), "line 1: there is no column 'own'"),
        ("player,score,score\n", PLAIN, "line 1: the column 'score' occurs twice in the header"),
        ('player"s,"score"x\nAnn,1\n', PLAIN, "line 1: not CSV"),
        ("", PLAIN, "line 1: the file is empty"),
    ],
)
def test_a_header_without_a_column_stops_at_once(tmp_path: Path, text: str, columns: Columns, reason: str):
    bad: list[BadLine] = []
    path = write(tmp_path, text)
    with pytest.raises(BadLine) as stopped:
        score_lines(path, plan_for(path, columns), bad.append)
    assert str(stopped.value).startswith(reason)
    assert not bad


def test_an_unused_column_may_occur_twice(tmp_path: Path):
    assert read(write(tmp_path, "player,score,x,x,\nAnn,1,2,3,\n")) == [(2, "Ann", 1, None)]


@pytest.mark.parametrize("name", ["scores.txt", "scores", "scores.xlsx", "scores.gz"])
def test_another_kind_of_file_is_refused(tmp_path: Path, name: str):
    with pytest.raises(Refused, match=r"unknown format: set --format, or let the name end with \.csv"):
        read(write(tmp_path, "player,score\n", name))


def test_whoever_is_told_of_a_bad_line_may_stop(tmp_path: Path):
    def stop(bad: BadLine) -> None:
        raise bad

    path = write(tmp_path, "player,score\nAnn,1\nBen,x\nCy,3\n")
    with path.open("rb") as raw, opened_scores(raw, plan_for(path)) as scores:
        lines = scores.lines(stop)
        assert next(lines).player == "Ann"
        with pytest.raises(BadLine, match="line 3: 'x' is not an integer score"):
            next(lines)


CONTENT_IDS = [
    "41008870-b903-5d23-8f8e-62954d400aa8",
    "529f9b3d-23db-5ece-8e7b-105170aa364d",
    "2c49ac0e-c63f-5a0a-89c0-8ada2d4f0804",
]
SAME = "player,score\nAnn,1\nAnn,1\nBen,1\n"


def ids(path: Path, columns: Columns = PLAIN) -> list[object]:
    return [line.submission_id for line in read_all(path, columns)[0]]


def test_the_same_lines_have_the_same_ids_whatever_the_file_is_called(tmp_path: Path):
    first = ids(write(tmp_path, SAME))
    assert len(set(first)) == 3
    assert ids(write(tmp_path, SAME, "copy.csv")) == first
    assert ids(write(tmp_path, SAME + "Cy,1\n"))[:3] == first


def test_another_board_or_another_source_makes_another_id(tmp_path: Path):
    path = write(tmp_path, SAME)
    first = ids(path)
    plan = plan_for(path)
    for other in (replace(plan, board=replace(BOARD, slug="other")), replace(plan, source="day 2")):
        assert not {line.submission_id for line in score_lines(path, other, pytest.fail)} & set(first)


@pytest.mark.parametrize(
    "text",
    [
        "player,score\nCy,1\nBen,1\nAnn,1\nAnn,1\n",
        "player,score\r\n Ann ,1\r\n\r\nBen,1\r\n# a remark,\r\nAnn,1\r\n",
        "score;player\n1;Ann\n1;Ann\n1;Ben\n",
        '\ufeffplayer\tscore\n"Ann"\t1\nAnn\t1\nBen\t1\n',
    ],
)
def test_the_content_identifies_a_line_wherever_it_stands(tmp_path: Path, text: str):
    expected = {(line.player, line.submission_id) for line in read_all(write(tmp_path, SAME))[0]}
    lines, _ = read_all(write(tmp_path, text, "other.csv"))
    assert {(line.player, line.submission_id) for line in lines if line.player != "Cy"} == expected


def test_lines_of_json_have_the_ids_of_equal_lines_of_csv(tmp_path: Path):
    first = ids(write(tmp_path, "player,score,note\nAnn,1,\nAnn,1,\nBen,2.0,x\n"))
    objects = [
        {"score": 1, "player": "Ann", "note": None},
        {"player": "Ann", "score": "1", "note": ""},
        {"player": "Ben", "score": 2.0, "note": "x"},
    ]
    for name, text in (("a.ndjson", "\n".join(map(json.dumps, objects))), ("a.json", json.dumps(objects))):
        assert ids(write(tmp_path, text, name)) == first[: len(ids(tmp_path / name))]


def test_an_id_column_identifies_lines_wherever_they_are(tmp_path: Path):
    keyed = replace(PLAIN, id="key")
    first = ids(write(tmp_path, "player,score,key\nAnn,1,a\nAnn,1,b\nBen,2,a\n"), keyed)
    assert first[0] == first[2] != first[1]
    assert ids(write(tmp_path, "key,player,score,more\nb,Ann,1,x\n"), keyed) == first[1:2]
    text = '{"player": "Ann", "score": 1, "key": "a"}\n{"player": "Ann", "score": 1}\n'
    lines, [bad] = read_all(write(tmp_path, text, "scores.ndjson"), keyed)
    assert lines[0].submission_id == first[0]
    assert (bad.number, bad.reason) == (2, "there is no column 'key'")
    assert ids(write(tmp_path, "player,score,key\nAnn,1,\n"), keyed) == []


def test_the_ids_of_contents_never_change(tmp_path: Path):
    assert list(map(str, ids(write(tmp_path, SAME)))) == CONTENT_IDS


def test_ids_of_an_id_column_are_what_they_were_in_the_first_version(tmp_path: Path):
    """The ids must never change. Otherwise, lines that an older version imported would count again."""
    keyed = ids(write(tmp_path, "player,score,key\nAnn,1,a\n"), replace(PLAIN, id="key"))
    assert list(map(str, keyed)) == ["4ea6672e-9dce-5386-b7f9-3d7701bd8904"]


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
players = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=20)
tables = st.lists(
    st.fixed_dictionaries(
        {
            "player": players | texts,
            "score": st.integers(-MAX_INTEGER * 2, MAX_INTEGER * 2).map(str) | texts,
            "time": st.datetimes().map(lambda moment: moment.isoformat()) | st.integers().map(str) | texts,
            "key": st.uuids().map(str),
            "note": texts,
        }
    ),
    min_size=1,
    max_size=6,
)


@given(tables)
def test_csv_and_ndjson_are_read_alike(rows: list[dict[str, str]]):
    columns = replace(TIMED, id="key", conditions=[Condition("note", "x", negated=True)])
    with TemporaryDirectory() as folder:
        as_csv, as_json = (
            read_all(write_rows(Path(folder) / name, rows), columns) for name in ("scores.csv", "scores.ndjson")
        )
    what = [
        (
            [(line.player, line.score, line.achieved_at, line.submission_id) for line in lines],
            [bad.reason for bad in all_bad],
        )
        for lines, all_bad in (as_csv, as_json)
    ]
    assert what[0] == what[1]
