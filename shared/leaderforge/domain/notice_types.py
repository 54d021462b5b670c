"""Types of notices."""

from enum import StrEnum


class NoticeType(StrEnum):
    """Type of a notice, as a board lists it in its setting `events`."""

    SCORE_IMPROVED = "score.improved"
    RANK_ENTERED_TOP = "rank.entered_top"
    TIER_CHANGED = "tier.changed"
    PLAYER_OVERTAKEN = "player.overtaken"
    PERIOD_CLOSED = "period.closed"
    PERIOD_SETTLED = "period.settled"
    AWARD_GRANTED = "award.granted"
    AWARD_REVOKED = "award.revoked"
    MODERATION_HIDDEN = "moderation.hidden"
    MODERATION_SHOWN = "moderation.shown"
    MODERATION_REMOVED = "moderation.removed"
    MODERATION_RESTORED = "moderation.restored"
    MODERATION_SET = "moderation.set"
    MODERATION_ERASED = "moderation.erased"
