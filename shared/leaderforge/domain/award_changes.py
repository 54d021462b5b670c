"""Audit entries and notices about awards."""

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Ladder
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.notices import NewNotice
from leaderforge.domain.rewards import Award, NewAward

_ACTOR = "settlement"
_ACTIONS = {NoticeType.AWARD_GRANTED: "award.grant", NoticeType.AWARD_REVOKED: "award.revoke"}


def award_audit_entry(ladder: Ladder, kind: NoticeType, award: NewAward | Award, at: int) -> AuditEntry:
    """Return the audit entry about an award that a repeated settlement has granted or revoked at `at` (ms)."""
    details = {"period": ladder.period_name, "reward": award.reward}
    return AuditEntry(at, _ACTOR, _ACTIONS[kind], board=ladder.board.slug, user_id=award.user_id, details=details)


def award_notice(ladder: Ladder, kind: NoticeType, award: NewAward | Award, at: int) -> NewNotice:
    """Return the notice about an award that was granted or revoked at `at` (ms). Its payload is JSON text."""
    data = {"reward": award.reward, "payload": award.payload}
    return NewNotice(ladder.board, kind, at, data, award.user_id, ladder.period)
