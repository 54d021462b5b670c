"""Subtraction of erased players from stored and new checkpoints."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from leaderforge.adapters.postgres.checkpoint_series import CheckpointSeries, every_series
from leaderforge.adapters.postgres.pool import Connection, Record
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.checkpoints import Checkpoint, Moves, moved, without_keys_of

PlaceId: TypeAlias = tuple[int, int]
"""Player id and revision of a place. Together, they identify the place in a series."""


@dataclass(frozen=True, slots=True)
class CheckpointDraft:
    """Checkpoint to store. Erased players whose places are `corrected` are subtracted, later erasures are not."""

    series: CheckpointSeries
    checkpoint: Checkpoint
    corrected: Collection[PlaceId]


def place_ids(places: Iterable[Record]) -> frozenset[PlaceId]:
    """Return the ids of places."""
    return frozenset((place["user_id"], place["revision"]) for place in places)


def subtracted(series: CheckpointSeries, checkpoint: Checkpoint, places: Iterable[Record]) -> Checkpoint:
    """Return the checkpoint minus those places of erased players that the checkpoint counts."""
    counted = [place for place in places if _is_counted(series.ladder.board, place, checkpoint.revision)]
    return moved(checkpoint, Moves(departures=sorted(series.keys(counted))), checkpoint.revision)


def _is_counted(board: Board, place: Record, revision: int) -> bool:
    """Return whether a checkpoint of the revision counts the place."""
    holds = place["revision"] <= revision and (place["until"] is None or place["until"] > revision)
    return holds and not board.missing_submissions(place["submissions"])


async def correct(connection: Connection, ladder: Ladder, drafts: Sequence[CheckpointDraft] = ()) -> int:
    """Subtract erased players from a ladder's checkpoints, and remove the players' keys. Then store the drafts.

    Return the number of subtracted places. While the caller makes drafts, no other call may correct checkpoints.
    """
    taken = {series.attribute: await series.take_corrections(connection) for series in every_series(ladder)}
    # Correct all series. A player without a segment has no place in an attribute's series, but maybe an old key there.
    erased = {place["user_id"] for places in taken.values() for place in places}
    if erased:
        for series in every_series(ladder):
            await _correct_stored(connection, series, taken[series.attribute], erased)
    for draft in drafts:
        await _store(connection, draft, taken, erased)
    return sum(map(len, taken.values()))


async def _correct_stored(
    connection: Connection, series: CheckpointSeries, places: Sequence[Record], erased: Collection[int]
) -> None:
    for revision in await series.revisions(connection):
        stored = await series.at(connection, revision)
        if stored is not None:
            corrected = without_keys_of(subtracted(series, stored, places), erased)
            if corrected != stored:
                await series.store(connection, corrected)


async def _store(
    connection: Connection, draft: CheckpointDraft, taken: Mapping[int | None, Sequence[Record]], erased: set[int]
) -> None:
    """Store a draft, without the players who were erased since it was begun."""
    later = [place for place in taken[draft.series.attribute] if not place_ids([place]) <= set(draft.corrected)]
    checkpoint = subtracted(draft.series, draft.checkpoint, later)
    gone = erased | {user_id for user_id, _ in draft.corrected}
    await draft.series.store(connection, without_keys_of(checkpoint, gone))
