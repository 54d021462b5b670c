"""Replacement of values in the index by the store's values, regardless of revisions, in one step per player.

After a clock was set back, a new player may have lower revisions than an erased player with the same id had. The
removed standings of the erased player then make the index refuse the standings of the new player. Only a replacement
regardless of revisions corrects the index.

Each function reads the index first, then the store. It replaces a value only if the index still has the value that was
read.
"""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from leaderforge.domain.boards import Ladder
from leaderforge.domain.standings import Standing
from leaderforge.ports.index import IndexValue, RankIndex
from leaderforge.ports.scores import ScoreStore

OnRepair = Callable[[Ladder | None], None]
"""Callback for each repaired ladder or, with None, for repaired names."""


async def load_standings(index: RankIndex, store: ScoreStore, ladder: Ladder, standings: Sequence[Standing]) -> None:
    """Load standings into the index. Replace the removed standings that make the index refuse a standing."""
    refused = await index.load(ladder, standings)
    if refused:
        await mend_players(index, store, ladder, refused)


class Mended(NamedTuple):
    """Number of values that were replaced or removed, and the players whose values changed before that was possible."""

    replaced: int
    changed: Collection[int]


async def mend_players(index: RankIndex, store: ScoreStore, ladder: Ladder, user_ids: Collection[int]) -> Mended:
    """Replace the values of these players on a ladder by their standings in the store.

    Remove the values of players who have no standing, except of removed standings.
    """
    erasures = await index.erasures(user_ids)
    observed = {**erasures, **(await index.observe([ladder], user_ids)).get(ladder, {})}
    standings = await store.standings(ladder, user_ids)
    stored = {standing.user_id for standing in standings}
    # A removed standing stays in the index even without a standing in the store, to make the index ignore late updates.
    targets = [i for i in user_ids if i in stored or (i in observed and not observed[i].removed)]
    changed = await index.mend(ladder, targets, standings, observed)
    return Mended(len(targets) - len(changed), changed)


async def mend_touched(index: RankIndex, store: ScoreStore, user_ids: Sequence[int]) -> Sequence[Ladder]:
    """Remove or replace values of these players that cannot come from the store. Return the ladders of such values.

    A removed standing stays in the index even if the store has no standing of the player. The removed standing makes
    the index ignore late updates of an erased player.
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
    """Delete the removed standings that the index keeps for erased players."""
    for ladder, values in (await index.observe(await store.ladders(), user_ids)).items():
        await index.mend(ladder, [i for i, value in values.items() if value.removed], [], values)


def _is_wrong(value: IndexValue, standing: Standing | None) -> bool:
    """Return whether an index value cannot come from the store, whose `standing` was read after the value."""
    if standing is None:
        return not value.removed
    return value.revision > standing.revision or (value.removed and not standing.removed)


def _key(ladder: Ladder) -> tuple[int, int]:
    return ladder.board.id, ladder.period
