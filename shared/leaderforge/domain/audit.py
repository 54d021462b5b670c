"""Who did what, when and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An act. `details` hold no personal data: no names, no emails, nothing that outlives a player's erasure.

    `actor` is a `Caller`'s; `action` is a noun and a verb, such as `key.revoke` or `entry.hide`.
    """

    at: int
    actor: str
    action: str
    board: str | None = None
    user_id: int | None = None
    reason: str | None = None
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Audited:
    """An act as the log has it. `id` tells acts of one millisecond apart."""

    id: int
    entry: AuditEntry

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands in the log."""
        return self.entry.at, self.id


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which acts are asked for: those that match all that is given."""

    board: str | None = None
    user_id: int | None = None
    action: str | None = None

    def admits(self, entry: AuditEntry) -> bool:
        """Whether the act is one of those asked for."""
        asked = (self.board, self.user_id, self.action)
        return all(
            want is None or want == has
            for want, has in zip(asked, (entry.board, entry.user_id, entry.action), strict=True)
        )
