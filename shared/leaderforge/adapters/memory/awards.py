"""In-memory awards."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.boards import LadderKey, place_of
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.adapters.memory.settlement_store import MemorySettlementStore
from leaderforge.domain.award_changes import award_audit_entry, award_notice
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.merge import Row
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.rewards import Award, AwardRules, Claim, NewAward
from leaderforge.domain.settlement import SettlementStep
from leaderforge.domain.tournament_errors import AwardNotFound
from leaderforge.ports.awards import AwardPosition, RankPosition


class MemoryAwards:
    """`AwardStore` in dicts."""

    def __init__(self, scores: MemoryScoreStore, settlements: MemorySettlementStore, audit: MemoryAuditLog) -> None:
        self._scores = scores
        self._audit = audit
        self._settlements = settlements
        self._rules: dict[LadderKey, AwardRules] = {}
        self._awards: dict[tuple[int, int, int, str], tuple[int, Award]] = {}
        scores.on_erasure.append(self._erase)
        scores.on_period_removal.append(self._forget)

    async def keep_rules(self, ladder: Ladder, rules: AwardRules) -> AwardRules:
        return self._rules.setdefault(place_of(ladder), rules)

    async def rules(self, ladder: Ladder) -> AwardRules | None:
        return self._rules.get(place_of(ladder))

    async def entries_after(self, ladder: Ladder, bound: bytes, limit: int) -> Sequence[Row]:
        window = await self._scores.window(ladder, bound + b"\0", before=0, after=limit)
        return window.after

    async def grant(self, step: SettlementStep, awards: Sequence[NewAward], revision: int, at: int) -> None:
        self._settlements.make_step(step)
        for award in awards:
            key = award.user_id, *place_of(step.ladder), award.reward
            stored = self._awards.get(key)
            if stored is not None and stored[1].revoked_at is None:
                self._awards[key] = revision, replace(stored[1], rank=award.rank)
                continue
            claim = None if stored is None else stored[1].claim
            new = Award(step.ladder, award.user_id, award.reward, award.payload, award.rank, at, claim=claim)
            self._awards[key] = revision, new
            self._report(NoticeType.AWARD_GRANTED, new, at, is_audited=revision > 1)

    def _outdated(self, ladder: Ladder, revision: int) -> list[tuple[int, int, int, str]]:
        """Return the keys of a ladder's awards that the settlement of this revision has not confirmed."""
        return [
            key
            for key, (confirmed, award) in sorted(self._awards.items())
            if key[1:3] == place_of(ladder) and confirmed < revision and award.revoked_at is None
        ]

    async def revoke_outdated(self, step: SettlementStep, revision: int, at: int, limit: int) -> int:
        outdated = self._outdated(step.ladder, revision)[:limit]
        if outdated:
            self._settlements.make_step(step)
        for key in outdated:
            confirmed, award = self._awards[key]
            self._awards[key] = confirmed, replace(award, revoked_at=at)
            self._report(NoticeType.AWARD_REVOKED, award, at, is_audited=True)
        return len(outdated)

    async def granted(self, ladder: Ladder, user_ids: Collection[int]) -> Collection[tuple[int, str]]:
        return {(a.user_id, a.reward) for a in self._of(ladder) if a.user_id in user_ids}

    async def count(self, ladder: Ladder) -> int:
        return len(self._of(ladder))

    async def of_player(
        self, boards: Mapping[int, Board], user_id: int, limit: int, after: AwardPosition
    ) -> Sequence[Award]:
        keys = [key for key in sorted(self._awards) if key[0] == user_id and key[1:] > after][:limit]
        return [self._awards[key][1] for key in keys if key[1] in boards]

    async def of_period(self, ladder: Ladder, limit: int, after: RankPosition) -> Sequence[Award]:
        awards = [award for key, (_, award) in self._awards.items() if key[1:3] == place_of(ladder)]
        following = [a for a in awards if (a.rank, a.user_id, a.reward) > after]
        return sorted(following, key=lambda a: (a.rank, a.user_id, a.reward))[:limit]

    async def claim(self, ladder: Ladder, user_id: int, reward: str, claim: Claim) -> Award:
        key = user_id, *place_of(ladder), reward
        if key not in self._awards:
            raise AwardNotFound(f"player {user_id} has no award {reward!r}", user_id=user_id, reward=reward)
        revision, award = self._awards[key]
        self._awards[key] = revision, award.claimed(claim)
        return self._awards[key][1]

    def _erase(self, user_id: int) -> None:
        self._awards = {key: award for key, award in self._awards.items() if key[0] != user_id}

    def _forget(self, ladder: Ladder) -> None:
        """Delete the rules and the unclaimed awards of a period."""
        self._rules.pop(place_of(ladder), None)
        for key in [k for k, (_, award) in self._awards.items() if k[1:3] == place_of(ladder) and award.claim is None]:
            del self._awards[key]
        self._settlements.forget(ladder)

    def _of(self, ladder: Ladder) -> Sequence[Award]:
        return [a for k, (_, a) in self._awards.items() if k[1:3] == place_of(ladder) and a.revoked_at is None]

    def _report(self, kind: NoticeType, award: Award, at: int, *, is_audited: bool) -> None:
        self._scores.outbox.write([award_notice(award.ladder, kind, award, at)])
        if is_audited:
            self._audit.write(award_audit_entry(award.ladder, kind, award, at))


class MemoryResettlements:
    """`ResettlementStore` in a dict."""

    def __init__(self, scores: MemoryScoreStore, settlements: MemorySettlementStore) -> None:
        self._scores = scores
        self._settlements = settlements
        self._requests: dict[tuple[int, int], int] = {}
        self._until: int | None = None
        scores.on_erasure.append(self._request_all)

    async def reviewed_until(self) -> int | None:
        return self._until

    async def note_reviewed(self, until: int, before: int | None) -> None:
        if self._until is None or self._until < until or self._until == before:
            self._until = until

    async def changed_between(self, since: int, until: int) -> Collection[tuple[int, int]]:
        return {
            place_of(ladder)
            for user_id, touched_at in self._scores.touches_between(since, until)
            for ladder, standing in self._scores.standings_of_player(user_id)
            if standing.revision >= touched_at * 1000
        }

    async def request(self, periods: Collection[tuple[int, int]], at: int) -> None:
        for key in periods:
            self._requests[key] = max(at, self._requests.get(key, at))

    def _request_all(self, _: int) -> None:
        """Request another settlement of all settled periods, because a player was erased."""
        self._requests |= dict.fromkeys(self._settlements.settled(), 0)

    async def requests(self) -> Mapping[tuple[int, int], int]:
        return dict(self._requests)

    async def reopen(self, ladder: Ladder, part: str, requested_at: int) -> bool:
        is_settled = self._settlements.reopen(ladder, part)
        if is_settled or not self._settlements.is_in_progress(ladder):
            await self.end(*place_of(ladder), requested_at)
        return is_settled

    async def end(self, board_id: int, period: int, requested_at: int) -> None:
        if self._requests.get((board_id, period), requested_at) <= requested_at:
            self._requests.pop((board_id, period), None)
