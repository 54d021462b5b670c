"""Awards in PostgreSQL."""

import json
from collections.abc import Collection, Mapping, Sequence

from leaderforge.adapters.postgres.audit import write_audit
from leaderforge.adapters.postgres.errors import Contended
from leaderforge.adapters.postgres.outbox import write_notices
from leaderforge.adapters.postgres.pool import Connection, Pool, Record
from leaderforge.adapters.postgres.reads import entries_after
from leaderforge.adapters.postgres.settlement_store import make_step
from leaderforge.adapters.postgres.statements import joined, run_rows, statement
from leaderforge.domain.award_changes import award_audit_entry, award_notice
from leaderforge.domain.boards import Board, Ladder, RankStyle
from leaderforge.domain.merge import Row
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.presence import required_first
from leaderforge.domain.reward_tables import reward_of
from leaderforge.domain.rewards import Award, AwardRules, Claim, NewAward
from leaderforge.domain.settlement import SettlementStep
from leaderforge.domain.tier_rules import tiers_of
from leaderforge.domain.tournament_errors import AwardNotFound
from leaderforge.ports.awards import AwardPosition, RankPosition


class PostgresAwards:
    """`AwardStore` on PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep_rules(self, ladder: Ladder, rules: AwardRules) -> AwardRules:
        members = {
            "rewards": [reward.members for reward in rules.rewards],
            "tiers": [tier.members for tier in rules.tiers],
            "rank_style": rules.rank_style,
        }
        await self._pool.fetch(statement("keep_award_rules"), *_ids(ladder), json.dumps(members))
        return await self.rules(ladder) or rules

    async def rules(self, ladder: Ladder) -> AwardRules | None:
        rows = await self._pool.fetch(statement("award_rules"), *_ids(ladder))
        if not rows:
            return None
        members = json.loads(rows[0]["rules"])
        # Rules that an earlier version has stored have no rank style.
        style = RankStyle(members.get("rank_style", ladder.board.rank_style))
        return AwardRules([reward_of(reward) for reward in members["rewards"]], tiers_of(members["tiers"]), style)

    async def entries_after(self, ladder: Ladder, bound: bytes, limit: int) -> Sequence[Row]:
        async with self._pool.connection() as connection:
            return await entries_after(connection, ladder, bound, limit)

    async def grant(self, step: SettlementStep, awards: Sequence[NewAward], revision: int, at: int) -> None:
        async def work(connection: Connection) -> None:
            await make_step(connection, step)
            rows = [(a.user_id, *_ids(step.ladder), a.reward, a.payload, a.rank, revision, at) for a in awards]
            returned = await run_rows(connection, "grant_awards", rows)
            granted = {(row["user_id"], row["reward"]) for row in returned if row["granted_at"] == at}
            new = [award for award in awards if (award.user_id, award.reward) in granted]
            await _report(connection, step.ladder, NoticeType.AWARD_GRANTED, new, at, audited=revision > 1)

        await self._pool.transact(work)

    async def revoke_outdated(self, step: SettlementStep, revision: int, at: int, limit: int) -> int:
        async def work(connection: Connection) -> int:
            ladder = step.ladder
            rows = await connection.fetch(statement("outdated_awards"), *_ids(ladder), revision, limit)
            if not rows:
                return 0
            await make_step(connection, step)
            for row in rows:
                await connection.fetch(statement("revoke_award"), row["user_id"], *_ids(ladder), row["reward"], at)
            revoked = [NewAward(row["user_id"], row["reward"], row["payload"], row["rank"]) for row in rows]
            await _report(connection, ladder, NoticeType.AWARD_REVOKED, revoked, at, audited=True)
            return len(rows)

        return await self._pool.transact(work)

    async def granted(self, ladder: Ladder, user_ids: Collection[int]) -> Collection[tuple[int, str]]:
        rows = await self._pool.fetch(statement("awards_of_players"), *_ids(ladder), joined(user_ids))
        return {(row["user_id"], row["reward"]) for row in rows}

    async def count(self, ladder: Ladder) -> int:
        [row] = await self._pool.fetch(statement("count_awards"), *_ids(ladder))
        return int(row["awards"])

    async def of_player(
        self, boards: Mapping[int, Board], user_id: int, limit: int, after: AwardPosition
    ) -> Sequence[Award]:
        rows = await self._pool.fetch(statement("awards_of_player"), user_id, *after, limit)
        return [_award(boards[row["board_id"]], row) for row in rows if row["board_id"] in boards]

    async def of_period(self, ladder: Ladder, limit: int, after: RankPosition) -> Sequence[Award]:
        rows = await self._pool.fetch(statement("awards_of_period"), *_ids(ladder), *after, limit)
        return [_award(ladder.board, row) for row in rows]

    async def claim(self, ladder: Ladder, user_id: int, reward: str, claim: Claim) -> Award:
        async def work(connection: Connection) -> Award:
            key = user_id, *_ids(ladder), reward
            rows = await connection.fetch(statement("claim_award"), *key, *claim)
            if rows:
                return _award(ladder.board, rows[0])
            absence = AwardNotFound(f"player {user_id} has no award {reward!r}", user_id=user_id, reward=reward)
            award = _award(ladder.board, required_first(await connection.fetch(statement("award"), *key), absence))
            # The first statement has claimed nothing. An unclaimed award therefore was granted after it.
            if award.claimed(claim) != award:
                raise Contended("the award was granted meanwhile")
            return award

        return await self._pool.autocommit(work)


class PostgresResettlements:
    """`ResettlementStore` on PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def reviewed_until(self) -> int | None:
        return (await self._all()).get(_REVIEWED)

    async def note_reviewed(self, until: int, before: int | None) -> None:
        await self._pool.fetch(statement("note_reviewed"), *_REVIEWED, until, before)

    async def changed_between(self, since: int, until: int) -> Collection[tuple[int, int]]:
        rows = await self._pool.fetch(statement("changed_periods"), since, until)
        return [(row["board_id"], row["period_id"]) for row in rows]

    async def request(self, periods: Collection[tuple[int, int]], at: int) -> None:
        for board_id, period in sorted(periods):
            await self._pool.fetch(statement("request_resettlement"), board_id, period, at)

    async def requests(self) -> Mapping[tuple[int, int], int]:
        return {key: at for key, at in (await self._all()).items() if key != _REVIEWED}

    async def reopen(self, ladder: Ladder, part: str, requested_at: int) -> bool:
        async def work(connection: Connection) -> bool:
            reopened = bool(await connection.fetch(statement("reopen_settlement"), *_ids(ladder), part))
            # Keep the request while a settlement is in progress, because that settlement may have missed the change.
            if reopened or not await connection.fetch(statement("settlement_in_progress"), *_ids(ladder)):
                await connection.execute(statement("end_resettlement"), *_ids(ladder), requested_at)
            return reopened

        return await self._pool.transact(work)

    async def end(self, board_id: int, period: int, requested_at: int) -> None:
        await self._pool.fetch(statement("end_resettlement"), board_id, period, requested_at)

    async def _all(self) -> Mapping[tuple[int, int], int]:
        rows = await self._pool.fetch(statement("resettlements"))
        return {(row["board_id"], row["period_id"]): row["requested_at"] for row in rows}


_REVIEWED = (0, 0)
"""Key of the row of `resettlements` that has the time up to which changes by moderators have been searched.

No board has the id 0.
"""


async def _report(
    connection: Connection, ladder: Ladder, kind: NoticeType, awards: Sequence[NewAward], at: int, *, audited: bool
) -> None:
    """Write notices about awards. With `audited`, write entries of the audit log too."""
    await write_notices(connection, [award_notice(ladder, kind, award, at) for award in awards])
    if audited:
        for award in awards:
            await write_audit(connection, award_audit_entry(ladder, kind, award, at))


def _ids(ladder: Ladder) -> tuple[int, int]:
    return ladder.board.id, ladder.period


def _award(board: Board, row: Record) -> Award:
    claim = None if row["claim_id"] is None else Claim(row["claim_id"], row["claimed_at"], row["claimed_by"])
    return Award(
        Ladder(board, row["period_id"]),
        row["user_id"],
        row["reward"],
        row["payload"],
        row["rank"],
        row["granted_at"],
        row["revoked_at"],
        claim,
    )
