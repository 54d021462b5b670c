"""The JSON that is written by hand: always valid, and of the documented shape."""

import json
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from functions.edge import outputs, rendering
from functions.edge.cursors import Direction, decoded, encoded
from leaderforge.domain.boards import MAX_INTEGER, Board, Ladder, Order
from leaderforge.domain.order import KEY_BYTES, MAX_TIME, key_bytes
from leaderforge.ports import User
from leaderforge.services.entries import Entry, Lookup, Page, PlayerRank, Source
from leaderforge.services.submit import Receipt

LADDER = Ladder(Board(7, "default", "Default"))
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
INTEGERS = st.integers(-MAX_INTEGER, MAX_INTEGER)
# RFC 3339 knows the years 1 to 9999.
TIMES = st.integers(-62_135_596_800_000, MAX_TIME)
METADATA = st.none() | st.dictionaries(NAMES, st.integers() | NAMES | st.booleans(), max_size=3).map(json.dumps)
ENTRIES = st.builds(
    Entry,
    rank=st.integers(1, MAX_INTEGER),
    user_id=INTEGERS,
    username=st.none() | NAMES,
    score=INTEGERS,
    submissions=st.integers(1, MAX_INTEGER),
    achieved_at=TIMES,
    metadata=METADATA,
    subscore=st.none() | INTEGERS,
)
KEYS = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)


def closed(text: str) -> str:
    return text + ',"as_of":"2026-11-23T12:00:00.000Z"}'


@given(ENTRIES)
def test_entries(entry: Entry) -> None:
    text = rendering.entry(entry)
    outputs.EntryOut.model_validate_json(text)
    read = json.loads(text)
    assert (read["username"], read["score"], read["user_id"]) == (entry.username, entry.score, entry.user_id)
    assert read["metadata"] == (None if entry.metadata is None else json.loads(entry.metadata))


@given(st.lists(ENTRIES, max_size=3), KEYS | st.none(), KEYS | st.none())
def test_pages(entries: list[Entry], following: bytes | None, previous: bytes | None) -> None:
    page = Page(entries, len(entries), 0, Source.INDEX, following, previous)
    outputs.PageOut.model_validate_json(closed(rendering.page(LADDER, page)))
    outputs.RangeOut.model_validate_json(closed(rendering.score_range(LADDER, page)))


@given(ENTRIES, st.floats(0, 100), st.integers(1, MAX_INTEGER))
def test_players(entry: Entry, percentile: float, total: int) -> None:
    player = PlayerRank(entry, percentile, total, 0, Source.INDEX)
    shown = outputs.PlayerOut.model_validate_json(closed(rendering.player(player)))
    assert shown.percentile == percentile
    outputs.PercentileOut.model_validate_json(closed(rendering.at_percentile(player)))


@given(st.lists(st.tuples(ENTRIES, st.integers(1, 500)), max_size=3), st.lists(INTEGERS, max_size=3))
def test_lookups(entries: list[tuple[Entry, int]], missing: list[int]) -> None:
    lookup = Lookup(entries, missing, 5, 0, Source.INDEX)
    outputs.LookupOut.model_validate_json(closed(rendering.lookup(LADDER, lookup)))


@given(INTEGERS, st.none() | st.integers(1, MAX_INTEGER), st.booleans(), st.uuids(), TIMES)
def test_receipts(score: int, rank: int | None, truth: bool, submission_id: UUID, time: int) -> None:
    receipt = Receipt(5, score, rank, 1, truth, not truth, submission_id, time)
    shown = outputs.ReceiptOut.model_validate_json(rendering.receipt(receipt))
    assert (shown.score, shown.rank, shown.improved, shown.submission_id) == (score, rank, truth, submission_id)


@given(NAMES, st.none() | NAMES, st.booleans())
def test_users(name: str, email: str | None, may_know: bool) -> None:
    text = rendering.user(User(5, name, email, 0), email=may_know)
    shown = outputs.UserOut.model_validate_json(text)
    assert (shown.username, shown.email) == (name, email if may_know else None)
    assert ('"email":' in text) is may_know


@given(TIMES)
def test_times_are_rfc_3339_in_utc(milliseconds: int) -> None:
    text = rendering.time_text(milliseconds)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    moment = datetime.fromisoformat(text)
    assert moment - datetime(1970, 1, 1, tzinfo=UTC) == timedelta(milliseconds=milliseconds)


def test_times_before_rfc_3339_are_its_first() -> None:
    assert rendering.time_text(-MAX_TIME) == "0001-01-01T00:00:00.000Z"
    assert rendering.time_text(-1) == "1969-12-31T23:59:59.999Z"


@given(st.binary(min_size=27, max_size=27), st.sampled_from(Direction), st.integers(1, 2**63 - 1), st.booleans())
def test_cursors_come_back_as_they_were(key: bytes, direction: Direction, board_id: int, wide: bool) -> None:
    board = Board(board_id, "some", "Some", subscore_order=Order.ASC if wide else None)
    text = encoded(direction, Ladder(board, 9), key[: key_bytes(board)])
    assert text is not None
    cursor = decoded(text, board, direction)
    assert (cursor.key, cursor.direction, cursor.period) == (key[: key_bytes(board)], direction, 9)
