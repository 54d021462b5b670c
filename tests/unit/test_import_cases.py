"""Imports of the files in tests/data/import. Submissions of the same values over HTTP have the same results."""

import gzip
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import pytest

from leaderforge.domain.audit import AuditFilter
from leaderforge.domain.boards import Board
from leaderforge.domain.callers import COMMAND
from leaderforge.domain.errors import Refused
from leaderforge.domain.score_texts import NumberStyle
from leaderforge.imports.bad_lines import BadLine, OnBadLine
from leaderforge.imports.columns import Columns
from leaderforge.imports.files import FilePlan
from leaderforge.imports.formats import FileLayout, format_of
from leaderforge.imports.line_ranges import LineRanges
from leaderforge.services.file_imports import ImportTerms
from leaderforge.services.importing import ImportTally
from tests import zstd
from tests.api_client import ADMIN_KEY
from tests.unit.edge_fixtures import START, Api, serving

DATA = Path(__file__).parents[1] / "data" / "import"
DAY = 86_400_000


@dataclass
class Imported:
    """Result of an import: its tally, its bad lines, and its remarks."""

    tally: ImportTally
    bad: list[BadLine] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def reasons(self) -> dict[int, str]:
        return {bad.number: bad.reason for bad in self.bad}


@dataclass
class Desk:
    """Running service with a board, into which files are imported."""

    api: Api

    async def board(self, slug: str = "cup", **settings: Any) -> Board:
        answer = await self.api.post("/api/boards", {"board": slug, "name": slug, **settings}, ADMIN_KEY)
        assert answer.status_code == 201, answer.text
        board = await self.api.store.board(slug)
        assert board is not None
        return board

    async def run(
        self,
        board: Board,
        name: str,
        columns: Columns | None = None,
        *,
        data: bytes | None = None,
        history: bool = False,
        replaces: bool = False,
        batch: int = 1000,
        on_bad: OnBadLine | None = None,
        **plan: Any,
    ) -> Imported:
        """Import a file of tests/data/import, or these data, by a plan with these values."""
        layout = plan.pop("layout", None) or FileLayout(format_of(name), **plan.pop("file", {}))
        file_plan = FilePlan(board, columns or Columns(), layout, **plan)
        raw = BytesIO((DATA / name).read_bytes() if data is None else data)
        result = Imported(ImportTally())
        imports = self.api.services.imports
        file_plan = imports.check(raw, file_plan, result.notes.append, history=history)
        terms = ImportTerms(COMMAND.actor, history, replaces, batch)
        await imports.run(raw, file_plan, terms, result.tally, on_bad or result.bad.append, result.notes.append)
        return result

    async def scores(self, board: Board, period: str = "all-time") -> list[tuple[str, int]]:
        """Return the names and scores of a board, best first."""
        answer = await self.api.get(f"/api/boards/{board.slug}/page?rank=1&limit=100&period={period}", ADMIN_KEY)
        assert answer.status_code == 200, answer.text
        return [(entry["username"], entry["score"]) for entry in answer.json()["entries"]]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with serving() as api:
        yield Desk(api)


def columns(**names: Any) -> Columns:
    return Columns(**names)


LAPS = {"policy": "best", "order": "asc", "unit": "s"}
DAILY = {"policy": "sum", "periods": ["all-time", "daily"]}


@pytest.mark.parametrize(
    ("name", "settings", "scores", "rules"),
    [
        (
            "dnf-codes.csv",
            {**LAPS, "min_score": 1, "decimals": 2},
            [("Vesna", 1187), ("Marlo", 1204)],
            {3: "at least 1, not -1", 4: "at least 1, not -2", 5: "at least 1, not 0"},
        ),
        (
            "above-max.csv",
            {"policy": "best", "min_score": 0, "max_score": 9000},
            [("Orrin", 640)],
            {3: "at most 9000, not 750000", 4: "at least 0, not -40"},
        ),
        (
            "big-change.csv",
            {"policy": "sum", "max_change": 250},
            [("Wick", 180)],
            {3: "at most 250, not 7000", 4: "at most 250, not 260"},
        ),
    ],
)
async def test_scores_beyond_the_limits_of_the_board_are_bad_lines_as_over_http(
    desk: Desk, name: str, settings: dict[str, Any], scores: list[tuple[str, int]], rules: dict[int, str]
):
    board = await desk.board(**settings)
    result = await desk.run(board, name)
    assert await desk.scores(board) == scores
    assert result.reasons.keys() == rules.keys()
    for line, reason in result.reasons.items():
        assert rules[line] in reason
    # Submit the score of the last bad line over HTTP. The error must be the same.
    await desk.api.players(7)
    rejected = int(result.reasons[max(rules)].rsplit(" ", 1)[1])
    answer = await desk.api.post("/api/boards/cup/scores", {"user_id": 7, "score": rejected})
    assert (answer.status_code, answer.json()["error"]["message"]) == (422, result.reasons[max(rules)])
    # The import has created the players of good lines only.
    assert result.tally.players_created == len(scores)


async def test_history_may_break_the_limits_and_is_audited(desk: Desk):
    board = await desk.board(policy="best", min_score=0, max_score=9000, max_change=1, min_interval_ms=DAY)
    result = await desk.run(board, "above-max.csv", history=True)
    assert not result.bad
    assert await desk.scores(board) == [("Pippa", 750000), ("Orrin", 640), ("Rhea", -40)]
    [entry] = await desk.api.services.parts.audit.entries(AuditFilter(action="scores.import"), 9)
    assert (entry.entry.actor, entry.entry.board) == (COMMAND.actor, "cup")
    assert entry.entry.details == {"history": True, "replace": False}


async def test_times_in_the_future_count_as_now(desk: Desk):
    board = await desk.board(policy="latest", periods=["daily", "all-time"])
    result = await desk.run(board, "mistyped-year.csv", columns(time="when"))
    assert (result.tally.recorded, result.tally.clamped) == (2, 1)
    [noor] = [player for player in desk.api.services.parts.users.by_id.values() if player.username == "Noor"]  # type: ignore[attr-defined]
    desk.api.clock.now += 1
    answer = await desk.api.post("/api/boards/cup/scores", {"user_id": noor.user_id, "score": 1})
    assert answer.json()["score"] == 1
    listed = (await desk.api.get("/api/boards/cup/periods", ADMIN_KEY)).json()["periods"]
    assert max(period["starts_at"] or "" for period in listed) == "2026-11-23T00:00:00.000Z"


async def test_lines_without_times_are_refused_where_a_rule_is_about_time(desk: Desk):
    board = await desk.board(**LAPS, min_interval_ms=60_000)
    with pytest.raises(Refused, match="60000 ms between two submissions of a player, and the lines have no time"):
        await desk.run(board, "no-times.csv")
    assert await desk.scores(board) == []
    await desk.run(board, "no-times.csv", history=True)
    assert await desk.scores(board) == [("Fenn", 41750), ("Isko", 47000)]


@pytest.mark.parametrize(("name", "juno"), [("decimals.csv", 708), ("decimals.ndjson", 710)])
async def test_one_score_with_decimals_makes_all_of_the_file_shown_scores(desk: Desk, name: str, juno: int):
    board = await desk.board(**LAPS, decimals=1)
    result = await desk.run(board, name, columns(score="time"))
    assert dict(await desk.scores(board)) == {"Juno": juno, "Imre": 710, "Hollis": 725}
    assert result.notes == ["scores are read as the board shows them"]


async def test_clock_times(desk: Desk):
    board = await desk.board(**LAPS, decimals=2)
    result = await desk.run(board, "clock.csv", columns(score="time"))
    assert await desk.scores(board) == [("Imre", 5890), ("Loic", 5910), ("Hollis", 7248), ("Juno", 372350)]
    assert result.reasons == {5: "'59.905' has 3 decimals, and the board keeps 2 decimals"}


@pytest.mark.parametrize(
    ("thousands", "scores", "reasons"),
    [
        (
            ",",
            [("Odile", 12004300), ("Mina", 1250), ("Nash", 980)],
            {5: "'1,25' is not an integer score: if it has a separator of thousands"},
        ),
        (None, [("Nash", 980)], {2: "set --thousands or --decimal", 4: "set --thousands", 5: "set --thousands"}),
    ],
)
async def test_separators_of_thousands(
    desk: Desk, thousands: str | None, scores: list[tuple[str, int]], reasons: dict[int, str]
):
    board = await desk.board()
    result = await desk.run(board, "thousands.csv", style=NumberStyle(thousands=thousands))
    assert await desk.scores(board) == scores
    assert result.reasons.keys() == reasons.keys()
    for line, reason in reasons.items():
        assert reason in result.reasons[line]


async def test_numbers_that_could_be_other_times_are_refused(desk: Desk):
    board = await desk.board(policy="latest", periods=["daily", "all-time"])
    result = await desk.run(board, "short-dates.csv", columns(time="when"), history=True)
    assert sorted(result.reasons) == [3, 4, 6]
    for period, players in {"2026-10-14": {("Bryn", 10), ("Edda", 40)}, "2026-10-03": {("Gita", 60)}}.items():
        assert set(await desk.scores(board, period)) == players
    result = await desk.run(board, "seconds.csv", columns(time="when"), history=True)
    assert all("set --time-format seconds" in reason for reason in result.reasons.values())
    await desk.run(board, "seconds.csv", columns(time="when"), history=True, time_format="seconds")
    assert {name for name, _ in await desk.scores(board, "2026-10-03")} == {"Abel", "Cleo", "Gita"}


@pytest.mark.parametrize("option", [None, "America/New_York"])
async def test_times_without_an_offset_are_in_the_zone_of_the_board_or_of_the_option(desk: Desk, option: str | None):
    zone = {"time_zone": "America/New_York"} if option is None else {"time_zone": "UTC"}
    board = await desk.board(policy="sum", periods=["daily", "monthly", "all-time"], **zone)
    result = await desk.run(board, "bare-dates.csv", columns(time="day"), history=True, time_zone=option)
    assert not result.bad
    assert await desk.scores(board, "2026-10-01") == [("Greta", 5)]
    assert await desk.scores(board, "2026-10-02") == [("Ines", 9), ("Hugo", 7)]
    assert len(await desk.scores(board, "2026-10")) == 3


async def test_lower_case_letters_of_rfc_3339(desk: Desk):
    board = await desk.board()
    result = await desk.run(board, "zones.csv", columns(time="when"))
    assert not result.bad
    entries = (await desk.api.get("/api/boards/cup/page?rank=1&limit=9", ADMIN_KEY)).json()["entries"]
    assert [entry["achieved_at"] for entry in entries] == ["2026-10-14T07:30:00.000Z"] * 4


FILE_ORDER = ["Zelda", "Morris", "Ansel", "Tilda", "Keiko", "Bodil", "Yusuf", "Demir", "Rufus"]


@pytest.mark.parametrize("batch", [1, 2, 1000])
async def test_ties_keep_the_order_of_the_file(desk: Desk, batch: int):
    board = await desk.board()
    await desk.run(board, "equal-scores.csv", batch=batch)
    assert [name for name, _ in await desk.scores(board)] == FILE_ORDER
    days = await desk.board("days")
    await desk.run(days, "equal-days.csv", columns(time="day"), batch=batch)
    assert [name for name, _ in await desk.scores(days)] == ["Keiko", "Zelda", "Morris", "Ansel", "Tilda"]


async def test_ties_of_an_interrupted_and_repeated_import_keep_the_order_of_the_file(desk: Desk):
    board = await desk.board()
    lines = (DATA / "equal-scores.csv").read_bytes().splitlines(keepends=True)
    data = b"".join([*lines[:5], b",100\n", *lines[5:]])

    def stop(bad: BadLine) -> None:
        raise bad

    with pytest.raises(BadLine, match="line 6: no player"):
        await desk.run(board, "equal-scores.csv", data=data, on_bad=stop, batch=2)
    assert [name for name, _ in await desk.scores(board)] == FILE_ORDER[:4]
    desk.api.clock.now += 60_000
    await desk.run(board, "equal-scores.csv", data=data, batch=2)
    assert [name for name, _ in await desk.scores(board)] == FILE_ORDER


@pytest.mark.parametrize("name", ["many.csv", "many.ndjson"])
async def test_ties_of_known_and_new_players_keep_the_order_of_the_file(desk: Desk, name: str):
    # Create some players before the import, so that their ids are not in the order of the file.
    later = [await desk.api.post("/api/users", {"username": f"player {i}"}, ADMIN_KEY) for i in range(0, 2500, 40)]
    assert {answer.status_code for answer in later} == {201}
    board = await desk.board()
    players = [f"player {(i * 7) % 2500}" for i in range(2500)]
    text = "player,score\n" + "".join(f"{player},1\n" for player in players)
    if name.endswith("ndjson"):
        text = "".join(f'{{"player": "{player}", "score": 1}}\n' for player in players)
    await desk.run(board, name, data=text.encode())
    assert [name for name, _ in await desk.scores(board)] == players[:100]


async def test_an_import_of_the_wrong_column_can_be_corrected(desk: Desk):
    board = await desk.board(policy="best")
    await desk.run(board, "wrong-column.csv", columns(score="level"))
    result = await desk.run(board, "wrong-column.csv", columns(score="points"))
    assert (result.tally.conflicts, result.tally.duplicates, len(result.bad)) == (3, 0, 3)
    assert await desk.scores(board) == [("Tomas", 9), ("Suri", 4), ("Una", 2)]
    for replaced in (3, 0):
        result = await desk.run(board, "wrong-column.csv", columns(score="points"), replaces=True)
        assert (result.tally.replaced, result.tally.duplicates, result.bad) == (replaced, 3 - replaced, [])
        assert await desk.scores(board) == [("Suri", 1200), ("Una", 890), ("Tomas", 350)]
    logged = await desk.api.services.parts.audit.entries(AuditFilter(action="submission.replace"), 9)
    assert {entry.entry.details["replaced"]["score"] for entry in logged} == {4, 9, 2}  # type: ignore[index]


async def test_an_import_without_its_times_can_be_corrected(desk: Desk):
    board = await desk.board(policy="sum", periods=["daily", "all-time"])
    await desk.run(board, "bare-dates.csv")
    result = await desk.run(board, "bare-dates.csv", columns(time="day"), history=True)
    assert (result.tally.conflicts, len(result.bad)) == (3, 3)
    result = await desk.run(board, "bare-dates.csv", columns(time="day"), history=True, replaces=True)
    assert (result.tally.replaced, result.bad) == (3, [])
    assert await desk.scores(board, "2026-10-01") == [("Greta", 5)]
    assert len(await desk.scores(board)) == 3


async def test_other_line_ends_make_no_other_lines(desk: Desk):
    board = await desk.board(policy="sum")
    await desk.run(board, "keep-bom-crlf.csv")
    with_lf = (DATA / "keep-bom-crlf.csv").read_bytes().replace(b"\r\n", b"\n")
    result = await desk.run(board, "keep-bom-crlf.csv", data=with_lf)
    assert (result.tally.recorded, result.tally.duplicates) == (0, 2)


async def test_lines_with_ids_are_corrected(desk: Desk):
    board = await desk.board(policy="best")
    with_ids = columns(id="run")
    await desk.run(board, "with-ids.csv", with_ids)
    result = await desk.run(board, "with-ids-corrected.csv", with_ids)
    assert (result.tally.duplicates, result.tally.conflicts) == (1, 1)
    await desk.run(board, "with-ids-corrected.csv", with_ids, replaces=True)
    assert await desk.scores(board) == [("Suri", 1250), ("Tomas", 350)]


async def test_a_file_that_grew_at_the_top_counts_its_new_lines_only(desk: Desk):
    board = await desk.board(policy="sum")
    await desk.run(board, "newest-first.csv")
    result = await desk.run(board, "newest-first-grown.csv")
    assert (result.tally.recorded, result.tally.duplicates) == (1, 2)
    assert await desk.scores(board) == [("Xenia", 20), ("Vigo", 12), ("Wenda", 7)]


async def test_equal_lines_of_another_file_count_with_its_source(desk: Desk):
    board = await desk.board(policy="sum")
    await desk.run(board, "day-1.csv")
    result = await desk.run(board, "day-2.csv")
    assert (result.tally.duplicates, result.tally.duplicate_lines) == (1, [2])
    known = Columns(lines=LineRanges.parse(str(result.tally.duplicate_ranges)))
    for _ in range(2):
        await desk.run(board, "day-2.csv", known, source="day 2")
        assert dict(await desk.scores(board)) == {"Vigo": 600, "Xenia": 90, "Wenda": 150}


async def test_equal_lines_count_with_a_source_from_the_first_import_on(desk: Desk):
    board = await desk.board(policy="sum")
    await desk.run(board, "day-1.csv")
    for _ in range(2):
        await desk.run(board, "day-2.csv", source="day 2")
        assert dict(await desk.scores(board)) == {"Vigo": 600, "Xenia": 90, "Wenda": 150}


ASTA = [("Bo", 20), ("Asta", 10)]
ALL_THREE = [("Cai", 30), ("Bo", 20), ("Asta", 10)]
NO_HEADER = {"file": {"header": ("player", "score")}}


@pytest.mark.parametrize(
    ("name", "options", "scores"),
    [
        ("semicolon.csv", {}, ASTA),
        ("tabs.csv", {}, ASTA),
        ("tabs.tsv", {}, ASTA),
        ("array.json", {}, ALL_THREE),
        ("plain.csv.gz", {}, ALL_THREE),
        ("gzip-named.csv", {}, ALL_THREE),
        ("no-header.csv", NO_HEADER, ALL_THREE),
        ("keep-bom-crlf.csv", {}, ASTA),
        ("keep-cr.csv", {}, ASTA),
        ("keep-blanks.csv", {}, [("Asta", 10)]),
        ("keep-signs.csv", {}, [("Asta", 12), ("Bo", 7), ("Dot", 0), ("Cai", -7)]),
        ("keep-refused-numbers.csv", {}, []),
        ("keep-latin1.csv", {}, [("Bo", 20)]),
        ("keep-latin1.csv", {"file": {"encoding": "latin-1"}}, [("Bo", 20), ("M\xfcrren", 10)]),
        ("keep-case.csv", {}, [("Asta", 60)]),
        ("keep-duplicates.csv", {}, [("Vigo", 10), ("Wenda", 5)]),
        ("keep-line-break.csv", {}, [("Cai", 20)]),
        ("unclosed-quote.csv", {}, [("Lark", 1)]),
        ("odd-names.ndjson", {}, [("false", 5), ("42", 4)]),
        ("only-bad.csv", {}, []),
        ("mixed-bad.csv", {}, [("Cai", 30), ("Asta", 10)]),
    ],
)
async def test_files_as_people_have_them(
    desk: Desk, name: str, options: dict[str, Any], scores: Sequence[tuple[str, int]]
):
    board = await desk.board(policy="sum")
    for _ in range(2):
        await desk.run(board, name, **{key: dict(value) for key, value in options.items()})
        assert await desk.scores(board) == scores


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("keep-blanks.csv", {4: "no player", 5: "no score"}),
        ("keep-latin1.csv", {2: "the player is not UTF-8 text: set --encoding, such as latin-1"}),
        (
            "keep-refused-numbers.csv",
            {
                2: "'1_250' is not an integer score",
                3: "'1e3' is not an integer score",
                4: "'0x10' is not an integer score",
                5: "the score '9007199254740993' is beyond +-(2^53 - 1)",
                6: "'1 250' is not an integer score: if it has a separator of thousands or a decimal comma, set "
                "--thousands or --decimal",
            },
        ),
        (
            "unclosed-quote.csv",
            {3: "the quote that begins here reaches to line 5: 3 lines are not read (unexpected end of data)"},
        ),
        (
            "odd-names.ndjson",
            {
                1: """the player must be a text or a number, not '["Pia","Rolf"]'""",
                2: "the player must be a text or a number, not 'false'",
                3: """the player must be a text or a number, not '{"name":"Sol"}'""",
                6: "no player",
            },
        ),
    ],
)
async def test_bad_lines_have_a_reason(desk: Desk, name: str, reasons: dict[int, str]):
    assert (await desk.run(await desk.board(), name)).reasons == reasons


async def test_names_in_another_case_are_one_player(desk: Desk):
    board = await desk.board(policy="best")
    await desk.run(board, "keep-case.csv")
    assert await desk.scores(board) == [("Asta", 30)]


async def test_texts_that_mean_no_value(desk: Desk):
    board = await desk.board()
    result = await desk.run(board, "keep-missing.csv", columns(missing=frozenset({"", "NA", "\\N"})))
    assert result.reasons == {2: "no score", 4: "no score"}
    assert await desk.scores(board) == [("Bo", 20)]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no-header.csv", "name the columns by options, or by --columns if the file has no header"),
        ("keep-title-line.csv", "there is no column 'player' in the header 'Spring cup results'"),
    ],
)
async def test_a_file_without_its_header_is_refused(desk: Desk, name: str, message: str):
    with pytest.raises(BadLine, match=message):
        await desk.run(await desk.board(), name)


async def test_a_wrong_header_has_a_proposal(desk: Desk):
    data = b"rang;scorer;goals;date\n1;Ann;30;2026-10-01\n2;Ben;20;2026-10-02\n"
    with pytest.raises(BadLine, match="Try --player scorer --score goals --time date"):
        await desk.run(await desk.board(), "goals.csv", data=data)


async def test_a_header_with_a_number_is_remarked_on(desk: Desk):
    result = await desk.run(await desk.board(), "no-header.csv", columns(player="Asta", score="10"))
    assert result.notes == ["the header has the cell '10': if the file has no header, name its columns by --columns"]


async def test_the_boundaries_of_days_are_those_of_the_board(desk: Desk):
    board = await desk.board(**DAILY, time_zone="Europe/Berlin")
    result = await desk.run(board, "keep-boundaries.csv", columns(time="when"))
    assert result.tally.closed == 3
    answer = await desk.api.get("/api/boards/cup/page?rank=1&limit=9&period=2026-10-14", ADMIN_KEY)
    assert answer.status_code == 404 or answer.json()["total"] == 0
    other = await desk.board("berlin", **DAILY, time_zone="Europe/Berlin")
    await desk.run(other, "keep-boundaries.csv", columns(time="when"), history=True)
    assert await desk.scores(other, "2026-10-14") == [("Asta", 1)]
    assert await desk.scores(other, "2026-10-15") == [("Cai", 3), ("Bo", 2)]


async def test_only_open_periods_count_lines_without_the_option_for_history(desk: Desk):
    board = await desk.board(policy="sum", periods=["daily"])
    result = await desk.run(board, "bare-dates.csv", columns(time="day"))
    assert (result.tally.recorded, result.tally.players_created) == (0, 0)
    assert all("are closed" in reason for reason in result.reasons.values())


async def test_an_array_that_is_cut_off_counts_up_to_there(desk: Desk):
    board = await desk.board()
    text = (DATA / "array.json").read_bytes()
    result = await desk.run(board, "cut.json", data=text[: text.index(b"Cai")])
    assert await desk.scores(board) == ASTA
    [bad] = result.bad
    assert (bad.number, bad.reason) == (
        4,
        "not JSON: the document is cut off or damaged here; the elements before were read",
    )


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])
async def test_compressed_data_that_is_cut_off_is_read_up_to_there(desk: Desk, compress: Callable[[bytes], bytes]):
    board = await desk.board()
    random = Random(1)
    whole = "player,score\n" + "".join(f"p{random.random()},1\n" for _ in range(30_000))
    raw = BytesIO(compress(whole.encode())[:-50_000])
    plan = FilePlan(board, Columns(), FileLayout(format_of("cut.csv")))
    bad: list[BadLine] = []
    preview = await desk.api.services.imports.preview(raw, plan, bad.append, [].append, history=False, limit=3)
    assert 5_000 < preview.counting < 30_000
    assert ["the compressed data is cut off or damaged" in line.reason for line in bad] == [True]


async def test_no_period_begins_before_its_time(desk: Desk):
    board = await desk.board(policy="latest", periods=["daily", "all-time"])
    template = (DATA / "future.csv.in").read_text()
    for mark, hours in (("@NINE_HOURS_AHEAD@", 9), ("@ONE_DAY_AHEAD@", 24)):
        moment = datetime.fromtimestamp(START / 1000, UTC) + timedelta(hours=hours)
        template = template.replace(mark, f"{moment:%Y-%m-%d %H:%M:%S}")
    result = await desk.run(board, "future.csv", columns(time="when"), data=template.encode())
    assert (result.tally.recorded, result.tally.clamped) == (2, 2)
    desk.api.clock.now += DAY
    assert await desk.scores(board, "current") == []
    listed = (await desk.api.get("/api/boards/cup/periods", ADMIN_KEY)).json()["periods"]
    assert [period["period"] for period in listed if period["current"]] == ["2026-11-24", "all-time"]


@pytest.mark.parametrize(
    ("periods", "days", "current"),
    [
        ({"periods": ["weekly", "all-time"]}, 7, "2026-W49"),
        ({"periods": ["season", "all-time"], "season": "0 0 1 * *"}, 8, "season-20261201T0000Z"),
    ],
)
async def test_no_week_or_season_begins_before_its_time(desk: Desk, periods: dict[str, Any], days: int, current: str):
    board = await desk.board(policy="latest", **periods)
    data = f"player,score,when\nNoor,720,{START + days * DAY}\nOmar,9,{START}\n".encode()
    result = await desk.run(board, "future.csv", columns(time="when"), data=data)
    assert (result.tally.recorded, result.tally.clamped) == (2, 1)
    assert await desk.scores(board, "current") == [("Noor", 720), ("Omar", 9)]
    desk.api.clock.now += days * DAY
    assert await desk.scores(board, "current") == []
    assert await desk.scores(board) == [("Noor", 720), ("Omar", 9)]
    listed = (await desk.api.get("/api/boards/cup/periods", ADMIN_KEY)).json()["periods"]
    assert [period["period"] for period in listed if period["current"]] == [current, "all-time"]
