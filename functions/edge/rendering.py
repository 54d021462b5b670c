"""Domain and service records as JSON text.

Written by hand since pages are the hot path: this is several times faster than validating models, and metadata, JSON
already, passes as it is. The shapes are those of `outputs`, which a test holds it to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from json import dumps
from json.encoder import encode_basestring

from functions.edge.cursors import Direction, encoded
from leaderforge.domain import times
from leaderforge.domain.api_keys import ApiKey
from leaderforge.domain.audit import Audited, AuditEntry
from leaderforge.domain.board_settings import settings_of
from leaderforge.domain.boards import Board, Ladder
from leaderforge.ports import Submission, User
from leaderforge.services.entries import Bucket, Distribution, Entry, Lookup, Page, PlayerRank
from leaderforge.services.keys import IssuedKey
from leaderforge.services.submit import Receipt

time_text = times.time_text
_HIDDEN = ',"hidden":true'


def queued(submission: Submission) -> str:
    """Return what is told of a submission that waits in the queue, as a JSON object."""
    event = submission.event
    return f'{{"user_id":{event.user_id},"submission_id":"{event.submission_id}","queued":true}}'


def string(text: str | None) -> str:
    """Return text as a JSON string, or null."""
    return "null" if text is None else encode_basestring(text)


def entry(one: Entry, more: str = "") -> str:
    """Return an entry as a JSON object; `more` is further members, each after a comma."""
    return (
        f'{{"rank":{one.rank},"user_id":{one.user_id},"username":{string(one.username)},"score":{one.score},'
        f'{_subscore(one.subscore)}"submissions":{one.submissions},"achieved_at":"{time_text(one.achieved_at)}",'
        f'"metadata":{one.metadata or "null"}{_HIDDEN if one.hidden else ""}{more}}}'
    )


def entries(some: Iterable[Entry]) -> str:
    """Return entries as a JSON array."""
    return f"[{','.join(map(entry, some))}]"


def listing(ladder: Ladder, some: Sequence[Entry], total: int) -> str:
    """Return entries and their total as an object that is not closed yet."""
    return f'{{"board":"{ladder.board.slug}","period":"{ladder.period_name}","entries":{entries(some)},"total":{total}'


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
        f'{{"board":"{ladder.board.slug}","period":"{ladder.period_name}","entries":[{found}],"missing":[{missing}],'
        f'"total":{one.total}'
    )


def distribution(ladder: Ladder, one: Distribution) -> str:
    """Return a histogram as an object that is not closed yet."""
    shown = ",".join(f'"p{percent}":{_number(one.percentiles.get(percent))}' for percent in (50, 90, 99))
    buckets = ",".join(map(_bucket, one.buckets))
    return (
        f'{{"board":"{ladder.board.slug}","period":"{ladder.period_name}","buckets":[{buckets}],'
        f'"count":{one.total},"min":{_number(one.minimum)},"max":{_number(one.maximum)},{shown}'
    )


def receipt(one: Receipt) -> str:
    """Return what a submission came to as a JSON object."""
    return (
        f'{{"user_id":{one.user_id},"score":{one.score},{_subscore(one.subscore)}"rank":{_number(one.rank)},"submissions":{one.submissions},'
        f'"improved":{_truth(one.improved)},"duplicate":{_truth(one.duplicate)},'
        f'"submission_id":"{one.submission_id}","achieved_at":"{time_text(one.achieved_at)}"}}'
    )


def board(one: Board) -> str:
    """Return a board's settings as a JSON object."""
    building = () if one.backfill is None else one.backfill.kinds
    return dumps(
        {"board": one.slug, **asdict(settings_of(one)), "building": building},
        ensure_ascii=False,
        separators=(",", ":"),
    )


def user(one: User, *, email: bool) -> str:
    """Return a player as a JSON object, with the email for those who may see it."""
    secret = f',"email":{string(one.email)}' if email else ""
    return (
        f'{{"user_id":{one.user_id},"username":{string(one.username)},"created_at":"{time_text(one.created_at)}"'
        f"{secret}}}"
    )


def key(one: ApiKey, more: str = "") -> str:
    """Return an API key as a JSON object; `more` is further members, each after a comma."""
    scopes = ",".join(f'"{scope}"' for scope in sorted(one.scopes))
    return (
        f'{{"name":"{one.name}","scopes":[{scopes}],"created_at":"{time_text(one.created_at)}",'
        f'"created_by":{string(one.created_by)},"rotated_at":{_time(one.rotated_at)},'
        f'"replaced_until":{_time(one.replaced.until if one.replaced else None)},'
        f'"revoked_at":{_time(one.revoked_at)}{more}}}'
    )


def issued_key(one: IssuedKey) -> str:
    """Return an API key with its text as a JSON object."""
    return key(one.key, f',"key":"{one.text}"')


def audit(some: Sequence[Audited], following: tuple[int, int] | None) -> str:
    """Return acts, and the place of those before them, as an object that is not closed yet."""
    after = "null" if following is None else f'"{following[0]}.{following[1]}"'
    return f'{{"entries":[{",".join(act(one.entry) for one in some)}],"next":{after}'


def act(one: AuditEntry) -> str:
    """Return an act of the audit log as a JSON object."""
    return (
        f'{{"at":"{time_text(one.at)}","actor":{string(one.actor)},"action":{string(one.action)},'
        f'"board":{string(one.board)},"user_id":{_number(one.user_id)},"reason":{string(one.reason)},'
        f'"details":{dumps(one.details)}}}'
    )


def _time(milliseconds: int | None) -> str:
    return "null" if milliseconds is None else f'"{time_text(milliseconds)}"'


def _bucket(one: Bucket) -> str:
    return f'{{"low":{one.low},"high":{one.high},"count":{one.count}}}'


def _subscore(value: int | None) -> str:
    return "" if value is None else f'"subscore":{value},'


def _number(value: int | None) -> str:
    return "null" if value is None else str(value)


def _truth(value: bool) -> str:
    return "true" if value else "false"
