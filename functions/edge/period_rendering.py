"""Periods and histories as JSON text, as `rendering` writes everything else."""

from functions.edge.rendering import string, time_text
from leaderforge.domain.boards import Board
from leaderforge.domain.periods import Period
from leaderforge.ports import HistoryPoint
from leaderforge.services.history import History, PastPeriod
from leaderforge.services.periods import ListedPeriod, PeriodPage


def periods(board: Board, page: PeriodPage) -> str:
    """Return a page of periods as an object that is not closed yet."""
    listed = ",".join(map(_listed, page.periods))
    return f'{{"board":"{board.slug}","periods":[{listed}],"next":{string(page.next)}'


def history(board: Board, user_id: int, one: History) -> str:
    """Return a player's history as an object that is not closed yet."""
    wide = board.subscore_order is not None
    points = ",".join(_point(point, wide) for point in one.points)
    past = ",".join(map(_past, one.periods))
    previous = None if one.previous is None else f"{one.previous[0]}_{one.previous[1].hex}"
    return (
        f'{{"board":"{board.slug}","user_id":{user_id},"points":[{points}],"periods":[{past}],'
        f'"previous":{string(previous)}'
    )


def _point(one: HistoryPoint, wide: bool) -> str:
    subscore = f',"subscore":{one.subscore}' if wide else ""
    return (
        f'{{"at":"{time_text(one.at)}","submission_id":"{one.submission_id}","submitted":{one.submitted},'
        f'"score":{one.score}{subscore}}}'
    )


def _past(one: PastPeriod) -> str:
    entry = one.rank.entry
    subscore = "" if entry.subscore is None else f'"subscore":{entry.subscore},'
    return (
        f'{{{_period(one.period)},"rank":{entry.rank},"score":{entry.score},{subscore}'
        f'"percentile":{one.rank.percentile!r},"total":{one.rank.total}}}'
    )


def _listed(one: ListedPeriod) -> str:
    return (
        f'{{{_period(one.period)},"current":{_truth(one.current)},"final":{_truth(one.final)},'
        f'"indexed":{_truth(one.indexed)}}}'
    )


def _period(one: Period) -> str:
    """Return a period's members."""
    return (
        f'"period":"{one.name}","kind":"{one.kind}","starts_at":{_time(one.starts_at)},"ends_at":{_time(one.ends_at)}'
    )


def _time(milliseconds: int | None) -> str:
    return "null" if milliseconds is None else f'"{time_text(milliseconds)}"'


def _truth(value: bool) -> str:
    return "true" if value else "false"
