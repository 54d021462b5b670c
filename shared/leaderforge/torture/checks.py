"""Checks of answers of the product. An answer is correct if at least one possible state of the players explains it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from math import inf
from typing import Any, NamedTuple

from leaderforge.domain.statistics import percentile, rank_at
from leaderforge.torture.history import State
from leaderforge.torture.model import LadderView

Json = Mapping[str, Any]

SLACK = 8
"""Maximum number of players with several possible states. With more such players, some checks of pages are skipped."""

CHUNK = 1000
"""Number of entries that an export reads at a time."""

NAMELESS = "no name"
"""Kind of the problem that an entry has no name. A missing name is allowed while the database is unavailable."""


class Problem(NamedTuple):
    """Problem of an answer. `subject` is the player concerned."""

    kind: str
    expected: str
    answered: str
    subject: int | None = None


def check_entry(view: LadderView, entry: Json) -> Iterator[Problem]:
    """Yield the problems of an entry in any listing."""
    user_id = entry["user_id"]
    states = view.states(user_id)
    ranked = [state for state in states if state.ranked]
    entry_text = f"player {user_id} as {entry['username']!r} with {entry['score']} ({entry['submissions']})"
    if not ranked:
        gone = not any(state.exists for state in states)
        kind = "erased is back" if gone else "not ranked is shown"
        yield Problem(kind, f"no entry of {user_id}: {_states_text(states)}", entry_text, user_id)
        return
    if not any(state.score == entry["score"] for state in ranked):
        yield Problem("wrong score", _states_text(ranked), entry_text, user_id)
    elif not any((state.score, state.submissions) == (entry["score"], entry["submissions"]) for state in ranked):
        yield Problem("wrong submissions", _states_text(ranked), entry_text, user_id)
    if name_kind := _kind_of_name_problem(states, entry["username"]):
        yield Problem(name_kind, f"{sorted(_possible_names(states))}", entry_text, user_id)
    if entry.get("hidden"):
        yield Problem("hidden is shown", "no entry marked as hidden", entry_text, user_id)


def _kind_of_name_problem(states: Collection[State], name: str | None) -> str | None:
    """Return what is wrong with the name in an entry of a player, None if nothing is."""
    if name is None:
        return NAMELESS if all(state.exists for state in states) else None
    return None if name in _possible_names(states) else "wrong name"


def _possible_names(states: Collection[State]) -> set[str]:
    return {state.name for state in states if state.exists}


def check_rank(view: LadderView, entry: Json, kind: str = "wrong rank") -> Iterator[Problem]:
    """Yield a problem if a rank is impossible for a score."""
    least, most = view.above(-entry["score"])
    if not least < entry["rank"] <= most + 1:
        answer = f"rank {entry['rank']} of player {entry['user_id']} with {entry['score']}"
        yield Problem(kind, f"rank {least + 1} to {most + 1}", answer, entry["user_id"])


def check_total(view: LadderView, total: int) -> Iterator[Problem]:
    """Yield a problem if the number of ranked players is impossible."""
    least, most = view.total()
    if not least <= total <= most:
        yield Problem("wrong total", f"{least} to {most}", str(total))


def check_listing(
    view: LadderView, entries: Sequence[Json], *, after: float | None = None, complete_to: float | None = None
) -> Iterator[Problem]:
    """Yield the problems of consecutive entries.

    With `after`, the entries must start directly after this key. With `complete_to`, the entries must reach this key.
    """
    for entry in entries:
        yield from check_entry(view, entry)
    keys = [-entry["score"] for entry in entries]
    ranks = [entry["rank"] for entry in entries]
    if any(keys[i] >= keys[i + 1] for i in range(len(keys) - 1)):
        yield Problem("wrong order", "scores from high to low", str([-key for key in keys]))
        return
    if ranks and ranks != list(range(ranks[0], ranks[0] + len(ranks))):
        yield Problem("ranks disagree", "consecutive ranks", str(ranks))
    if entries:
        yield from check_rank(view, entries[0])
        yield from check_rank(view, entries[-1])
    first = after if after is not None else keys[0] if keys else None
    last = complete_to if complete_to is not None else keys[-1] if keys else None
    if first is not None and last is not None:
        yield from _missing_entries(view, entries, first, last)


def _missing_entries(view: LadderView, entries: Sequence[Json], first: float, last: float) -> Iterator[Problem]:
    """Yield a problem for each player whose key is between two keys, but who has no entry in the listing."""
    ranks_text = f"{entries[0]['rank']} to {entries[-1]['rank']}" if entries else "nobody"
    answered_ids = {entry["user_id"] for entry in entries}
    for user_id in view.surely_between(first, last):
        if user_id not in answered_ids:
            yield Problem(
                "missing", f"player {user_id}: {_states_text(view.states(user_id))}", f"ranks {ranks_text}", user_id
            )


def check_top(view: LadderView, body: Json, limit: int) -> Iterator[Problem]:
    """Yield the problems of the first entries."""
    entries = body["entries"]
    ended = len(entries) < limit
    yield from check_listing(view, entries, after=-inf, complete_to=inf if ended else None)
    if entries and entries[0]["rank"] != 1:
        yield Problem("ranks disagree", "rank 1 first", str(entries[0]["rank"]))
    yield from check_total(view, body["total"])
    yield from _check_end(entries, body["total"], ended)


def check_page(view: LadderView, body: Json, rank: int, limit: int) -> Iterator[Problem]:
    """Yield the problems of a page that starts at a rank."""
    entries, total = body["entries"], body["total"]
    ended = body["next"] is None and bool(entries)
    yield from check_listing(view, entries, after=-inf if rank == 1 else None, complete_to=inf if ended else None)
    yield from check_total(view, total)
    yield from _check_end(entries, total, ended)
    if len(view.unsettled) > SLACK:
        return
    if entries and entries[0]["rank"] != rank:
        yield Problem("ranks disagree", f"a page from rank {rank} on", f"rank {entries[0]['rank']} first")
    expected = max(0, min(limit, view.total()[0] - rank + 1 - len(view.unsettled)))
    if not expected <= len(entries) <= limit:
        yield Problem("wrong length", f"{expected} to {limit} entries", str(len(entries)))


def check_following(view: LadderView, body: Json, after: float, limit: int) -> Iterator[Problem]:
    """Yield the problems of the page after a key."""
    entries = body["entries"]
    ended = body["next"] is None
    yield from check_listing(view, entries, after=after, complete_to=inf if ended else None)
    yield from check_total(view, body["total"])
    if len(entries) > limit or (not ended and len(entries) < limit):
        yield Problem("wrong length", f"{limit} entries, or the end", str(len(entries)))


def check_around(view: LadderView, body: Json, user_id: int, radius: int) -> Iterator[Problem]:
    """Yield the problems of a player's entry with its neighbours."""
    entries, total = body["entries"], body["total"]
    places = [i for i, entry in enumerate(entries) if entry["user_id"] == user_id]
    if len(places) != 1:
        if len(view.states(user_id)) == 1:
            yield Problem("missing", f"player {user_id} once", f"{len(places)} times", user_id)
        return
    before, behind = places[0], len(entries) - places[0] - 1
    yield from check_listing(
        view, entries, after=-inf if before < radius else None, complete_to=inf if behind < radius else None
    )
    yield from check_total(view, total)
    if before < radius and entries[0]["rank"] != 1 and not view.unsettled:
        yield Problem("wrong length", f"{radius} before player {user_id}", str(before), user_id)
    yield from _check_end(entries, total, behind < radius and not view.unsettled)


def check_window(view: LadderView, body: Json, user_id: int, window: int) -> Iterator[Problem]:
    """Yield the problems of a fixed number of entries around a player, also near an end of the board."""
    entries, total = body["entries"], body["total"]
    if sum(entry["user_id"] == user_id for entry in entries) != 1 and len(view.states(user_id)) == 1:
        yield Problem("missing", f"player {user_id} once", str([entry["user_id"] for entry in entries]), user_id)
    yield from check_listing(view, entries)
    yield from check_total(view, total)
    if len(entries) != min(window, total) and not view.unsettled:
        yield Problem("wrong length", f"{min(window, total)} entries of {total}", str(len(entries)), user_id)


def check_export(view: LadderView, entries: Sequence[Json]) -> Iterator[Problem]:
    """Yield the problems of an export. The server reads the entries in chunks, each after the end of the previous."""
    after = -inf
    for start in range(0, max(1, len(entries)), CHUNK):
        chunk = entries[start : start + CHUNK]
        is_last = start + CHUNK >= len(entries)
        yield from check_listing(view, chunk, after=after, complete_to=inf if is_last else None)
        after = -chunk[-1]["score"] if chunk else inf


def check_player(view: LadderView, body: Json, user_id: int) -> Iterator[Problem]:
    """Yield the problems of a response with one player's entry, rank and percentile."""
    if body["user_id"] != user_id:
        yield Problem("wrong player", str(user_id), str(body["user_id"]), user_id)
    yield from check_entry(view, body)
    yield from check_rank(view, body)
    yield from check_total(view, body["total"])
    yield from _check_percentile(body["percentile"], body["rank"], body["total"])


def check_unranked(view: LadderView, user_id: int) -> Iterator[Problem]:
    """Yield a problem if a player surely has a rank, although the answer says that there is none."""
    states = view.states(user_id)
    if states and all(state.ranked for state in states):
        yield Problem("vanished", _states_text(states), f"player {user_id} is not ranked", user_id)


def check_range(view: LadderView, body: Json, low: int, high: int, limit: int) -> Iterator[Problem]:
    """Yield the problems of the entries of a score range."""
    entries = body["entries"]
    ended = body["next"] is None
    yield from check_listing(view, entries, after=-high - 0.5, complete_to=-low + 0.5 if ended else None)
    if any(not low <= entry["score"] <= high for entry in entries):
        yield Problem("out of range", f"{low} to {high}", str([entry["score"] for entry in entries]))
    least, most = view.within(-high, -low)
    if not least <= body["total"] <= most:
        yield Problem("wrong total", f"{least} to {most} in the range", str(body["total"]))
    if len(entries) > limit:
        yield Problem("wrong length", f"at most {limit}", str(len(entries)))


def _check_compared(entries: Sequence[Json]) -> Iterator[Problem]:
    """Yield the problems of the order and the ranks of players who are compared with each other."""
    scores = [entry["score"] for entry in entries]
    ranks = [entry["rank"] for entry in entries]
    among = [entry["rank_among"] for entry in entries]
    if scores != sorted(scores, reverse=True):
        yield Problem("wrong order", "best first", str(scores))
    if ranks != sorted(set(ranks)):
        yield Problem("ranks disagree", "growing ranks", str(ranks))
    if among != list(range(1, len(entries) + 1)):
        yield Problem("ranks disagree", "rank_among from 1 on", str(among))


def check_lookup(view: LadderView, body: Json, user_ids: Sequence[int]) -> Iterator[Problem]:
    """Yield the problems of the entries of several players."""
    entries = body["entries"]
    for entry in entries:
        yield from check_entry(view, entry)
        yield from check_rank(view, entry)
    yield from _check_compared(entries)
    if sorted([entry["user_id"] for entry in entries] + body["missing"]) != sorted(user_ids):
        yield Problem("wrong player", str(sorted(user_ids)), "others, or some twice")
    for user_id in body["missing"]:
        yield from check_unranked(view, user_id)
    yield from check_total(view, body["total"])


def _check_buckets(view: LadderView, buckets: Sequence[Json]) -> Iterator[Problem]:
    """Yield the problems of the counts of buckets. The first and the last bucket are open-ended."""
    for i, bucket in enumerate(buckets):
        best = -inf if i == len(buckets) - 1 else -bucket["high"]
        worst = inf if i == 0 else -bucket["low"]
        least, most = view.within(best, worst if worst != inf else float(2**53))
        if not least <= bucket["count"] <= most:
            yield Problem("wrong bucket", f"{least} to {most} from {bucket['low']} to {bucket['high']}", str(bucket))


def check_distribution(view: LadderView, body: Json) -> Iterator[Problem]:
    """Yield the problems of a histogram."""
    buckets, count = body["buckets"], body["count"]
    yield from check_total(view, count)
    if sum(bucket["count"] for bucket in buckets) != count:
        yield Problem("totals disagree", f"{count} in all buckets", str([bucket["count"] for bucket in buckets]))
    yield from _check_buckets(view, buckets)
    for percent in (50, 90, 99):
        score = body[f"p{percent}"]
        if score is not None:
            yield from _check_at(view, score, rank_at(Fraction(percent), count), f"p{percent}")


def check_percentile(view: LadderView, body: Json, percent: int) -> Iterator[Problem]:
    """Yield the problems of the entry at a percentile."""
    entry, total = body["entry"], body["total"]
    yield from check_entry(view, entry)
    yield from check_rank(view, entry)
    yield from check_total(view, total)
    yield from _check_percentile(body["percentile"], entry["rank"], total)
    if not view.unsettled and entry["rank"] != rank_at(Fraction(percent), total):
        yield Problem("wrong rank", f"rank {rank_at(Fraction(percent), total)} of {total}", str(entry["rank"]))


def check_user(view: LadderView, body: Json | None, user_id: int) -> Iterator[Problem]:
    """Yield the problems of a profile. `body` is None if the answer says that the player does not exist."""
    states = view.states(user_id)
    if body is None:
        if all(state.exists for state in states):
            yield Problem("vanished", _states_text(states), f"there is no player {user_id}", user_id)
    elif not any(state.exists and state.name == body["username"] for state in states):
        gone = not any(state.exists for state in states)
        yield Problem("erased is back" if gone else "wrong name", _states_text(states), str(body), user_id)


def _check_at(view: LadderView, score: int, rank: int, name: str) -> Iterator[Problem]:
    least, most = view.above(-score)
    moving = len(view.unsettled)  # the search has several reads: allow a rank for each player who may move meanwhile
    if not least - moving < rank <= most + 1 + moving:
        yield Problem("wrong percentile", f"{name} at rank {rank}", f"{score}, of rank {least + 1} to {most + 1}")


def _check_percentile(answered: float, rank: int, total: int) -> Iterator[Problem]:
    if rank <= total and answered != percentile(total - rank, total):
        yield Problem(
            "wrong percentile", f"{percentile(total - rank, total)} for rank {rank} of {total}", str(answered)
        )


def _check_end(entries: Sequence[Json], total: int, ended: bool) -> Iterator[Problem]:
    if ended and entries and entries[-1]["rank"] != total:
        yield Problem("totals disagree", f"rank {total} last, of {total}", str(entries[-1]["rank"]))


def _states_text(states: Sequence[Any]) -> str:
    return (
        " or ".join(
            "none"
            if not s.exists
            else f"{s.name!r} with {s.score} ({s.submissions})"
            + (", hidden" if s.entry_hidden or s.player_hidden else "")
            for s in states
        )
        or "none"
    )
