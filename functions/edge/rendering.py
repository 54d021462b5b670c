"""Domain and service records as JSON text.

Written by hand since pages are the hot path: this is several times faster than validating models, and metadata, JSON
already, passes as it is. The shapes are those of `outputs`, which a test holds it to.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from json.encoder import encode_basestring

from functions.edge.cursors import Direction, encoded
from leaderforge.domain.boards import Board, Ladder
from leaderforge.ports import User
from leaderforge.services.entries import Bucket, Distribution, Entry, Lookup, Page, PlayerRank
from leaderforge.services.submit import Receipt

_EPOCH = datetime(1970, 1, 1)
_BEGINNING = datetime.min


def time_text(milliseconds: int) -> str:
    """Return a time in ms since 1970 as RFC 3339 in UTC, which knows no years before 1."""
    try:
        moment = _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        moment = _BEGINNING
    return moment.isoformat(timespec="milliseconds") + "Z"


def string(text: str | None) -> str:
    """Return text as a JSON string, or null."""
    return "null" if text is None else encode_basestring(text)


def entry(one: Entry, more: str = "") -> str:
    """Return an entry as a JSON object; `more` is further members, each after a comma."""
    return (
        f'{{"rank":{one.rank},"user_id":{one.user_id},"username":{string(one.username)},"score":{one.score},'
        f'"submissions":{one.submissions},"achieved_at":"{time_text(one.achieved_at)}",'
        f'"metadata":{one.metadata or "null"}{more}}}'
    )


def entries(some: Iterable[Entry]) -> str:
    """Return entries as a JSON array."""
    return f"[{','.join(map(entry, some))}]"


def listing(ladder: Ladder, some: Sequence[Entry], total: int) -> str:
    """Return entries and their total as an object that is not closed yet."""
    return f'{{"board":"{ladder.board.slug}","period":"all-time","entries":{entries(some)},"total":{total}'


def page(ladder: Ladder, one: Page) -> str:
    """Return a page, with cursors to page on both ways, as an object that is not closed yet."""
    following = string(encoded(Direction.NEXT, ladder, one.next))
    previous = string(encoded(Direction.PREVIOUS, ladder, one.previous))
    return f'{listing(ladder, one.entries, one.total)},"next":{following},"previous":{previous}'


def score_range(ladder: Ladder, one: Page) -> str:
    """Return a page of a score range as an object that is not closed yet."""
    following = string(encoded(Direction.RANGE, ladder, one.next))
    return f'{listing(ladder, one.entries, one.total)},"next":{following}'


def player(one: PlayerRank) -> str:
    """Return a player's rank as an object that is not closed yet."""
    return entry(one.entry, f',"percentile":{one.percentile!r},"total":{one.total}')[:-1]


def at_percentile(one: PlayerRank) -> str:
    """Return the entry at a percentile as an object that is not closed yet."""
    return f'{{"score":{one.entry.score},"percentile":{one.percentile!r},"entry":{entry(one.entry)},"total":{one.total}'


def lookup(ladder: Ladder, one: Lookup) -> str:
    """Return looked-up entries as an object that is not closed yet."""
    found = ",".join(entry(e, f',"rank_among":{rank}') for e, rank in one.entries)
    missing = ",".join(map(str, one.missing))
    return (
        f'{{"board":"{ladder.board.slug}","period":"all-time","entries":[{found}],"missing":[{missing}],'
        f'"total":{one.total}'
    )


def distribution(ladder: Ladder, one: Distribution) -> str:
    """Return a histogram as an object that is not closed yet."""
    shown = ",".join(f'"p{percent}":{_number(one.percentiles.get(percent))}' for percent in (50, 90, 99))
    return (
        f'{{"board":"{ladder.board.slug}","period":"all-time","buckets":[{",".join(map(_bucket, one.buckets))}],'
        f'"count":{one.total},"min":{_number(one.minimum)},"max":{_number(one.maximum)},{shown}'
    )


def receipt(one: Receipt) -> str:
    """Return what a submission came to as a JSON object."""
    return (
        f'{{"user_id":{one.user_id},"score":{one.score},"rank":{_number(one.rank)},"submissions":{one.submissions},'
        f'"improved":{_truth(one.improved)},"duplicate":{_truth(one.duplicate)},'
        f'"submission_id":"{one.submission_id}","achieved_at":"{time_text(one.achieved_at)}"}}'
    )


def board(one: Board) -> str:
    """Return a board's settings as a JSON object."""
    return (
        f'{{"board":"{one.slug}","name":{string(one.name)},"policy":"{one.policy}","order":"{one.order}",'
        f'"rank_style":"{one.rank_style}"}}'
    )


def user(one: User, *, email: bool) -> str:
    """Return a player as a JSON object, with the email for those who may see it."""
    secret = f',"email":{string(one.email)}' if email else ""
    return (
        f'{{"user_id":{one.user_id},"username":{string(one.username)},"created_at":"{time_text(one.created_at)}"'
        f"{secret}}}"
    )


def _bucket(one: Bucket) -> str:
    return f'{{"low":{one.low},"high":{one.high},"count":{one.count}}}'


def _number(value: int | None) -> str:
    return "null" if value is None else str(value)


def _truth(value: bool) -> str:
    return "true" if value else "false"
