"""Making the index hold what the store has, in one step for each player, whatever the revisions say.

Revisions order the updates of one standing. They cannot order the standings of a player who was erased and created
anew under a clock that was put back meanwhile: the new ones are refused by what the erasure left behind. Each call here
reads the index first and the store afterwards, and changes only values that are still the ones it read.
"""

from collections.abc import Collection, Sequence

from leaderforge.domain.boards import Ladder
from leaderforge.domain.standings import Standing
from leaderforge.ports.index import IndexValue, RankIndex
from leaderforge.ports.scores import ScoreStore


async def load_standings(index: RankIndex, store: ScoreStore, ladder: Ladder, standings: Sequence[Standing]) -> None:
    """Load standings into the index, also those that a removed standing of an earlier life of the player refuses."""
    refused = await index.load(ladder, standings)
    if refused:
        await mend_players(index, store, ladder, refused)


async def mend_players(index: RankIndex, store: ScoreStore, ladder: Ladder, user_ids: Collection[int]) -> None:
    """Make the index hold just what the store has of these players on a ladder."""
    observed = (await index.observe([ladder], user_ids)).get(ladder, {})
    standings = await store.standings(ladder, user_ids)
    stored = {standing.user_id for standing in standings}
    mended = [i for i in user_ids if i in stored or (i in observed and not observed[i].removed)]
    await index.mend(ladder, mended, standings, observed)


async def mend_touched(index: RankIndex, store: ScoreStore, user_ids: Sequence[int]) -> Sequence[Ladder]:
    """Remove or replace what the index holds of these players and the store does not have; return the ladders changed.

    Removed standings stay where the store has none: they keep late updates of erased players away.
    """
    observed = await index.observe(await store.ladders(), user_ids)
    if not observed:
        return []
    stored = {_key(ladder): {s.user_id: s for s in rows} for ladder, rows in await store.standings_of(user_ids)}
    changed = []
    for ladder, values in observed.items():
        standings = stored.get(_key(ladder), {})
        wrong = [i for i, value in values.items() if _is_wrong(value, standings.get(i))]
        if wrong:
            await index.mend(ladder, wrong, [standings[i] for i in wrong if i in standings], values)
            changed.append(ladder)
    return changed


async def drop_players(index: RankIndex, store: ScoreStore, user_ids: Sequence[int]) -> None:
    """Remove all that the index holds of players who were erased, removed standings too."""
    for ladder, values in (await index.observe(await store.ladders(), user_ids)).items():
        await index.mend(ladder, list(values), [], values)


def _is_wrong(value: IndexValue, standing: Standing | None) -> bool:
    """Return whether the store cannot have had this value: it was read later than the index."""
    if standing is None:
        return not value.removed
    return value.revision > standing.revision or (value.removed and not standing.removed)


def _key(ladder: Ladder) -> tuple[int, int]:
    return ladder.board.id, ladder.period
