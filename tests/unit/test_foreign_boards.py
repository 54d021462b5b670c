"""Foreign boards: snapshots, saved responses, and texts without passwords."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.adapters.foreign.nakama import season_of
from leaderforge.domain.errors import Refused
from leaderforge.imports.foreign.boards import without_password
from leaderforge.imports.foreign.metadata import metadata_members
from leaderforge.imports.foreign.playfab import PlayFabBoard
from leaderforge.imports.foreign.snapshot import ScoreScale
from leaderforge.imports.foreign.unity import UnityBoard


@pytest.mark.parametrize(
    ("scale", "text", "expected"),
    [
        (ScoreScale(), "12.50", "12.50"),
        (ScoreScale(), "1e+17", "100000000000000000"),
        (ScoreScale(), "-0.0", "-0"),
        (ScoreScale(), "inf", "inf"),
        (ScoreScale(), "many", "many"),
        (ScoreScale(2, rounds=True), "12.345", "12.34"),
        (ScoreScale(2, rounds=True), "12.355", "12.36"),
        (ScoreScale(0, rounds=True), "2.5", "2"),
        (ScoreScale(0, divisor=1000), "-1", "-1"),
        (ScoreScale(0, divisor=1000), "7999", "7"),
        (ScoreScale(0, rounds=True), "1e300", "1e300"),
        (ScoreScale(0, rounds=True), "5e-324", "0"),
        (ScoreScale(0, divisor=1000), "1e1000010", "1e1000010"),
        (ScoreScale(), "1e-999999", "1e-999999"),
    ],
)
def test_scores_are_converted(scale: ScoreScale, text: str, expected: str):
    assert scale.converted(text) == expected


@given(st.floats(allow_nan=False, allow_infinity=False, width=32), st.integers(0, 3))
def test_a_rounded_score_is_the_nearest_with_the_boards_decimals(number: float, decimals: int):
    rounded = Decimal(ScoreScale(decimals, rounds=True).converted(repr(number)))
    assert abs(rounded - Decimal(repr(number))) <= Decimal(5).scaleb(-decimals - 1) or abs(number) > 1e19


@pytest.mark.parametrize(
    ("schedule", "season"),
    [
        (None, None),
        ("", None),
        ("0 0 * * 1", "0 0 * * 1"),
        ("0 0 12 * * *", "0 12 * * *"),
        ("0 0 12 * * * *", "0 12 * * *"),
        ("*/7 * * * * * *", None),
        ("0 0 12 * * * 2027", None),
    ],
)
def test_reset_schedules_become_seasons(schedule: str | None, season: str | None):
    assert season_of(schedule) == season


def test_addresses_are_shown_without_passwords():
    secret = "postgresql://user:secret@host:5432/game?password=secret"
    assert without_password(secret) == "postgresql://user@host:5432/game"
    assert without_password("redis://:secret@host/0") == "redis://@host/0"
    assert without_password("host=db password=secret") == "the address"
    assert without_password("dbname=game password=se://cret") == "the address"
    for mark in "/?#@:":
        assert without_password(f"postgresql://user:se{mark}cret@host/game") == "postgresql://user@host/game"


def test_metadata_become_objects():
    assert metadata_members(None) is metadata_members("") is metadata_members("{}") is None
    assert metadata_members('{"car": 3}') == {"car": 3}
    assert metadata_members("[1]") == {"metadata": "[1]"}
    assert metadata_members({"car": 3}) == {"car": 3}


async def test_the_older_responses_of_playfab_have_bans(tmp_path: Path):
    file = tmp_path / "scores.json"
    entries = [
        {"PlayFabId": "A1", "DisplayName": "Ann", "StatValue": 7, "Position": 1},
        {"PlayFabId": "B2", "StatValue": 9, "Position": 0, "Profile": {"BannedUntil": "2999-01-01T00:00:00Z"}},
        {"PlayFabId": "C3", "StatValue": 5, "Position": 2, "Profile": {"BannedUntil": "2001-01-01T00:00:00Z"}},
    ]
    # Two responses, one after another.
    pages = ({"data": {"Leaderboard": part, "Version": 4}} for part in (entries[:2], entries[2:]))
    file.write_text("\n".join(map(json.dumps, pages)))
    board = PlayFabBoard(file, now=1_795_435_200_000)
    rows = [row async for row in board.scores()]
    assert [(row.player_id, row.score, row.excluded) for row in rows] == [
        ("B2", "9", "banned in PlayFab"),
        ("A1", "7", None),
        ("C3", "5", None),
    ]
    assert rows[0].id == "playfab/4/B2"


async def test_metadata_of_responses_keep_their_types(tmp_path: Path):
    metadata = {"level": 5, "ratio": 0.5, "large": 9007199254740993, "ok": True, "code": "07", "laps": [61.25, None]}
    file = tmp_path / "scores.json"
    ranked = {"Entity": {"Id": "A1"}, "Scores": ["7"], "Rank": 1, "Metadata": metadata}
    file.write_text(json.dumps({"Rankings": [ranked]}))
    assert [row.metadata async for row in PlayFabBoard(file, now=0).scores()] == [metadata]
    for sent, stored in ((metadata, metadata), (json.dumps(metadata), metadata), (7, {"metadata": 7})):
        file.write_text(json.dumps({"results": [{"playerId": "A1", "score": 1.5, "rank": 0, "metadata": sent}]}))
        [row] = [row async for row in UnityBoard(file, "desc").scores()]
        assert (row.score, row.metadata) == ("1.5", stored)
        assert json.dumps(row.metadata) == json.dumps(stored)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[1]", "no object"),
        ("{", "is not JSON"),
        ("{}", "neither Rankings nor Leaderboard"),
        ('{"Rankings": 3}', "Rankings is not a list of objects"),
        ('{"Rankings": [{"Entity": {"Id": "a"}, "Rank": 1}]}', "no Scores"),
        ('{"Rankings": [{"Entity": {"Id": "a"}, "Scores": [1], "Rank": "first"}]}', "'first', not a whole number"),
        ('{"Leaderboard": [{"StatValue": 1}]}', "no PlayFabId"),
    ],
)
def test_unusable_responses_are_refused(tmp_path: Path, text: str, reason: str):
    (tmp_path / "page.json").write_text(text)
    with pytest.raises(Refused, match=reason):
        PlayFabBoard(tmp_path, now=0)


def test_missing_files_are_refused(tmp_path: Path):
    with pytest.raises(Refused, match="there is no file or folder"):
        UnityBoard(tmp_path / "none.json", "desc")
    with pytest.raises(Refused, match="ndjson or"):
        UnityBoard(tmp_path, "desc")
    (tmp_path / "page.json").write_text("{}")
    with pytest.raises(Refused, match="has no results"):
        UnityBoard(tmp_path, "desc")
