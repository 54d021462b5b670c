"""Audit entries and notices about awards."""

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Ladder
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.notices import NewNotice

_ACTOR = "settlement"
_ACTIONS = {NoticeType.AWARD_GRANTED: "award.grant", NoticeType.AWARD_REVOKED: "award.revoke"}


def award_audit_entry(ladder: Ladder, kind: NoticeType, user_id: int, reward: str, at: int) -> AuditEntry:
    """Return the audit entry about an award that a repeated settlement has granted or revoked at `at` (ms)."""
    details = {"period": ladder.period_name, "reward": reward}
    return AuditEntry(at, _ACTOR, _ACTIONS[kind], board=ladder.board.slug, user_id=user_id, details=details)


def award_notice(ladder: Ladder, kind: NoticeType, user_id: int, reward: str, at: int) -> NewNotice:
    """Return the notice about an award that was granted or revoked at `at` (ms)."""
    return NewNotice(ladder.board, kind, at, {"reward": reward}, user_id, ladder.period)
