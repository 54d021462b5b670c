"""Hand-written JSON: always valid, and in the documented format."""

import json
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from functions.edge.wire import entries, players, ranks, receipts
from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.cursors import Direction, decoded, encoded
from leaderforge.domain.boards import MAX_INTEGER, Board, Ladder, Order
from leaderforge.domain.order import KEY_BYTES, MAX_TIME, key_bytes
from leaderforge.domain.players import Player
from leaderforge.domain.sources import Source
from leaderforge.domain.tiebreakers import Tiebreaker
from leaderforge.domain.times import time_text
from leaderforge.services.entries import Entry, Lookup, Page, PlayerRank
from leaderforge.services.receipts import Receipt

LADDER = Ladder(Board(7, "default", "Default"))
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
INTEGERS = st.integers(-MAX_INTEGER, MAX_INTEGER)
# RFC 3339 has the years 1 to 9999 only.
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
    # Only the responses about one player have ranks in segments.
    rank_in=st.none(),
    tiebreakers=st.just(()) | st.just((Tiebreaker("laps", Order.DESC, -1, 7), Tiebreaker("time_ms", Order.ASC, 0, 99))),
)
KEYS = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)


def dated(body: JsonBody) -> bytes:
    return body.with_as_of(1_795_435_200_000)


@given(ENTRIES)
def test_entries(entry: Entry) -> None:
    text = entries.render_entry(entry)
    entries.EntryOut.model_validate_json(text)
    read = json.loads(text)
    assert (read["username"], read["score"], read["user_id"]) == (entry.username, entry.score, entry.user_id)
    assert read["metadata"] == (None if entry.metadata is None else json.loads(entry.metadata))


@given(ENTRIES, st.booleans(), st.booleans())
def test_a_hidden_entry_is_marked_on_request_only(entry: Entry, hidden: bool, marks_hidden: bool) -> None:
    text = entries.render_entry(entry._replace(hidden=hidden), marks_hidden=marks_hidden)
    assert entries.EntryOut.model_validate_json(text).hidden is (hidden and marks_hidden)
    assert hidden or text == entries.render_entry(entry)


@given(NAMES)
def test_bodies_end_with_their_time_and_are_compared_without_it(name: str) -> None:
    text = json.dumps({"name": name}, ensure_ascii=False)
    body = JsonBody(text)
    assert body.closed() == text.encode()
    assert json.loads(dated(body)) == {"name": name, "as_of": "2026-11-23T12:00:00.000Z"}
    assert body.digest() == JsonBody(text).digest() != JsonBody("{}").digest()


@given(TIMES)
def test_models_write_times_like_hand_rendered_text(time: int) -> None:
    body = players.render_user(Player(5, "ada", None, time), with_email=False)
    assert json.loads(body.closed())["created_at"] == time_text(time)


@given(st.lists(ENTRIES, max_size=3), KEYS | st.none(), KEYS | st.none())
def test_pages(page_entries: list[Entry], following: bytes | None, previous: bytes | None) -> None:
    page = Page(page_entries, len(page_entries), 0, Source.INDEX, following, previous)
    entries.PageOut.model_validate_json(dated(entries.render_page(LADDER, page)))
    entries.RangeOut.model_validate_json(dated(entries.render_range(LADDER, page)))


@given(ENTRIES, st.floats(0, 100), st.integers(1, MAX_INTEGER))
def test_players(entry: Entry, percentile: float, total: int) -> None:
    player = PlayerRank(entry, percentile, total, 0, Source.INDEX)
    shown = ranks.PlayerOut.model_validate_json(dated(ranks.render_player(LADDER.board, player)))
    assert shown.percentile == percentile
    ranks.PercentileOut.model_validate_json(dated(ranks.render_percentile(LADDER.board, player)))


@given(st.lists(st.tuples(ENTRIES, st.integers(1, 500)), max_size=3), st.lists(INTEGERS, max_size=3))
def test_lookups(ranked: list[tuple[Entry, int]], missing: list[int]) -> None:
    lookup = Lookup(ranked, missing, 5, 0, Source.INDEX)
    ranks.LookupOut.model_validate_json(dated(ranks.render_lookup(LADDER, lookup)))


@given(INTEGERS, st.none() | st.integers(1, MAX_INTEGER), st.booleans(), st.uuids(), TIMES)
def test_receipts(score: int, rank: int | None, truth: bool, submission_id: UUID, time: int) -> None:
    receipt = Receipt(5, score, rank, 1, truth, not truth, submission_id, time)
    shown = receipts.ReceiptOut.model_validate_json(receipts.render_receipt(receipt))
    assert (shown.score, shown.rank, shown.improved, shown.submission_id) == (score, rank, truth, submission_id)


@given(NAMES, st.none() | NAMES, st.booleans())
def test_users(name: str, email: str | None, may_know: bool) -> None:
    text = players.render_user(Player(5, name, email, 0), with_email=may_know).closed().decode()
    shown = players.UserOut.model_validate_json(text)
    assert (shown.username, shown.email) == (name, email if may_know else None)
    assert ('"email":' in text) is may_know


@given(TIMES)
def test_times_are_rfc_3339_in_utc(milliseconds: int) -> None:
    text = time_text(milliseconds)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    moment = datetime.fromisoformat(text)
    assert moment - datetime(1970, 1, 1, tzinfo=UTC) == timedelta(milliseconds=milliseconds)


def test_times_before_rfc_3339_are_its_first() -> None:
    assert time_text(-MAX_TIME) == "0001-01-01T00:00:00.000Z"
    assert time_text(-1) == "1969-12-31T23:59:59.999Z"


@given(st.binary(min_size=27, max_size=27), st.sampled_from(Direction), st.integers(1, 2**63 - 1), st.booleans())
def test_cursors_come_back_as_they_were(key: bytes, direction: Direction, board_id: int, wide: bool) -> None:
    board = Board(board_id, "some", "Some", subscore_order=Order.ASC if wide else None)
    text = encoded(direction, Ladder(board, 9), key[: key_bytes(board)])
    assert text is not None
    cursor = decoded(text, board, direction)
    assert (cursor.key, cursor.direction, cursor.period) == (key[: key_bytes(board)], direction, 9)
