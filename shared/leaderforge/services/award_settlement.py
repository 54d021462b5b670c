"""Settlement of rewards: a part of the settlement of periods, and repeated settlements after changes by moderators."""

from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.order import FIRST
from leaderforge.domain.reward_tables import LeagueOutcome
from leaderforge.domain.rewards import AwardCursor, AwardRules, RankedPlayer, earned, ranked_players
from leaderforge.domain.settlement import (
    EARLIER,
    Position,
    SettledPeriods,
    Settlement,
    SettlementFault,
    SettlementProgress,
    SettlementStep,
)
from leaderforge.ports.awards import AwardStore
from leaderforge.ports.clock import Clock
from leaderforge.ports.leagues import LeagueStore
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.tournaments import TournamentStore
from leaderforge.services.bracket_ranks import BracketRanks

AWARDS = "awards"
"""Name of this part of the settlement."""
_CHUNK = 1000
"""Maximum number of entries of a chunk, and of awards that a chunk revokes."""


class AwardPart:
    """Part of settlement that grants the awards of a period, and revokes awards that are no longer earned.

    The part walks through the final ranks in chunks. The position in the progress has the values of an `AwardCursor`. A
    repeated settlement (`revision` 2 or higher) then revokes the awards that the walk has not confirmed.
    """

    name = AWARDS

    def __init__(
        self, store: ScoreStore, awards: AwardStore, leagues: LeagueStore, tournaments: TournamentStore, clock: Clock
    ) -> None:
        self._store = store
        self._awards = awards
        self._leagues = leagues
        self._bracket_ranks = BracketRanks(store, tournaments)
        self._clock = clock
        self._present: tuple[tuple[int, int, int], Mapping[int, int]] | None = None

    def periods(self, board: Board) -> SettledPeriods | None:
        return None if board.rewards is None else SettledPeriods(board.rewards.period, board.rewards.since)

    async def settle_chunk(self, ladder: Ladder, progress: SettlementProgress) -> Position | None:
        position = progress.position
        revision = int(position.get("revision", 1))
        if "revoked" in position:
            return await self._revoke_chunk(ladder, progress, revision)
        rules = await self._kept_rules(ladder)
        total = int(position["total"]) if "total" in position else (await self._store.counts(ladder, [FIRST])).total
        cursor = _cursor(position)
        players, following = await self._players(ladder, rules, cursor, total)
        if not players:
            self._present = None
            return None if revision == 1 else await self._revoke_chunk(ladder, progress, revision)
        outcomes = await self._outcomes(ladder, rules, [player.user_id for player in players])
        bracket_ranks = await self._present_bracket_ranks(ladder, rules, revision)
        awards = earned(ladder.board, rules, players, total, outcomes, bracket_ranks)
        after = {"revision": revision, "total": total, **_members(following), EARLIER: progress.earlier}
        await self._awards.grant(SettlementStep(ladder, progress, after), awards, revision, self._clock())
        return after

    async def faults(self, ladder: Ladder, settlement: Settlement) -> Sequence[SettlementFault]:
        rules = await self._awards.rules(ladder)
        if rules is None:
            return ()
        faults: list[SettlementFault] = []
        expected = 0
        async for user_ids, awards in self._earned(ladder, rules):
            expected += len(awards)
            faults += _award_faults(ladder, awards, {*await self._awards.granted(ladder, user_ids)})
        count = await self._awards.count(ladder)
        if count != expected and not faults:
            faults.append(_fault(ladder, f"{count} awards are granted, and {expected} are earned"))
        return faults

    async def _earned(
        self, ladder: Ladder, rules: AwardRules
    ) -> AsyncIterator[tuple[Sequence[int], set[tuple[int, str]]]]:
        """Yield players in order of their ranks, in chunks, and the awards that they have earned."""
        total = (await self._store.counts(ladder, [FIRST])).total
        bracket_ranks = await self._bracket_ranks.of_all(rules.ranked(ladder)) if rules.need_brackets else {}
        players, cursor = await self._players(ladder, rules, AwardCursor(), total)
        while players:
            user_ids = [player.user_id for player in players]
            outcomes = await self._outcomes(ladder, rules, user_ids)
            earnings = earned(ladder.board, rules, players, total, outcomes, bracket_ranks)
            yield user_ids, {(award.user_id, award.reward) for award in earnings}
            players, cursor = await self._players(ladder, rules, cursor, total)

    async def _players(
        self, ladder: Ladder, rules: AwardRules, cursor: AwardCursor, total: int
    ) -> tuple[Sequence[RankedPlayer], AwardCursor]:
        """Return the next players who may earn rewards, none at the end, and the position after them."""
        last_rank = rules.last_rank(total)
        if last_rank is not None and (last_rank == 0 or cursor.rank > last_rank):
            return (), cursor
        rows = await self._awards.entries_after(ladder, cursor.after, _CHUNK)
        players, following = ranked_players(rules.ranked(ladder).board, cursor, rows)
        earning = [player for player in players if last_rank is None or player.rank <= last_rank]
        return earning, following

    async def _outcomes(
        self, ladder: Ladder, rules: AwardRules, user_ids: Collection[int]
    ) -> Mapping[int, LeagueOutcome]:
        """Return the outcomes of the period's league for these players, none if no reward depends on an outcome."""
        league = await self._leagues.rules(ladder) if rules.need_outcomes else None
        if league is None:
            return {}
        return {
            result.user_id: LeagueOutcome(league.divisions[result.division], result.rank, result.movement)
            for result in await self._leagues.results(ladder, user_ids)
            if result.rank is not None
        }

    async def _present_bracket_ranks(self, ladder: Ladder, rules: AwardRules, revision: int) -> Mapping[int, int]:
        """Return the ranks in brackets. Return none if no reward depends on these ranks.

        The ranks are read once for all chunks of a settlement, because a chunk has players of nearly all brackets. A
        change by a moderator meanwhile leads to another settlement.
        """
        if not rules.need_brackets:
            return {}
        key = ladder.board.id, ladder.period, revision
        if self._present is None or self._present[0] != key:
            self._present = key, await self._bracket_ranks.of_all(rules.ranked(ladder))
        return self._present[1]

    async def _kept_rules(self, ladder: Ladder) -> AwardRules:
        stored = await self._awards.rules(ladder)
        if stored is not None:
            return stored
        board = ladder.board
        table, periods = board.rewards, self.periods(board)
        if periods is not None and not periods.includes(board, board.calendar.numbered(ladder.period)):
            table = None  # The table was set after the end of the period, while its settlement was in progress.
        rules = AwardRules(() if table is None else table.rewards, board.tiers, board.rank_style)
        return await self._awards.keep_rules(ladder, rules)

    async def _revoke_chunk(self, ladder: Ladder, progress: SettlementProgress, revision: int) -> Position | None:
        revoked = int(progress.position.get("revoked", 0))
        # `revoked` changes with each chunk. With an unchanged position, a second process could make the same step.
        after: Position = {"revision": revision, "revoked": revoked + 1, EARLIER: progress.earlier}
        step = SettlementStep(ladder, progress, after)
        count = await self._awards.revoke_outdated(step, revision, self._clock(), _CHUNK)
        return after if count else None


def _cursor(position: Position) -> AwardCursor:
    return AwardCursor(bytes.fromhex(position.get("after", "")), position.get("count", 0), position.get("rank", 0))


def _members(cursor: AwardCursor) -> Position:
    """Return the cursor as JSON members of a position, which `_cursor` reads."""
    return {"after": cursor.after.hex(), "count": cursor.count, "rank": cursor.rank}


def _award_faults(
    ladder: Ladder, awards: set[tuple[int, str]], stored: set[tuple[int, str]]
) -> Iterator[SettlementFault]:
    """Yield the differences between earned and stored awards, each given by player and reward."""
    yield from (_fault(ladder, f"player {u} lacks award {r!r}") for u, r in sorted(awards - stored))
    yield from (_fault(ladder, f"player {u} has not earned award {r!r}") for u, r in sorted(stored - awards))


def _fault(ladder: Ladder, text: str) -> SettlementFault:
    return SettlementFault(ladder.board.slug, ladder.period_name, text)
