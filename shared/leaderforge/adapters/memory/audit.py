"""The audit log's twin."""

from collections.abc import Sequence
from dataclasses import replace

from leaderforge.domain.audit import Audited, AuditEntry, AuditFilter


class MemoryAuditLog:
    """`AuditLog` in a list."""

    def __init__(self) -> None:
        self._entries: list[Audited] = []

    async def record(self, entry: AuditEntry) -> None:
        self.write(entry)

    def write(self, entry: AuditEntry) -> None:
        """Write an act, in the same step as the act itself."""
        self._entries.append(Audited(len(self._entries) + 1, entry))

    def anonymize(self, user_id: int) -> int:
        """Let acts on a player, or by it, tell no longer of whom or why, and return how many they were."""
        actor = f"player:{user_id}"
        told = [i for i, one in enumerate(self._entries) if user_id == one.entry.user_id or one.entry.actor == actor]
        for i in told:
            self._entries[i] = replace(self._entries[i], entry=_anonymous(self._entries[i].entry, user_id, actor))
        return len(told)

    async def entries(
        self, wanted: AuditFilter, limit: int, before: tuple[int, int] | None = None
    ) -> Sequence[Audited]:
        found = [one for one in self._entries if wanted.admits(one.entry) and (before is None or one.place < before)]
        return sorted(found, key=lambda one: one.place, reverse=True)[:limit]


def _anonymous(act: AuditEntry, user_id: int, actor: str) -> AuditEntry:
    act = replace(act, actor="player") if act.actor == actor else act
    return replace(act, user_id=None, reason=None, details={"erased": True}) if act.user_id == user_id else act
