"""In-memory audit log."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from leaderforge.domain.audit import Audited, AuditEntry, AuditFilter


class MemoryAuditLog:
    """`AuditLog` in a list. `people` has the names of persons, by actor."""

    def __init__(self) -> None:
        self.people: dict[str, str] = {}
        self._entries: list[Audited] = []

    async def record(self, entry: AuditEntry) -> None:
        self.write(entry)

    def write(self, entry: AuditEntry) -> None:
        """Write an entry. The call is synchronous, therefore no task can see a change without its entry."""
        self._entries.append(Audited(len(self._entries) + 1, entry))

    def anonymize(self, user_id: int) -> int:
        """Remove a player as subject and as actor from all entries. Return the number of changed entries."""
        actor = f"player:{user_id}"
        positions = [
            i for i, item in enumerate(self._entries) if user_id == item.entry.user_id or item.entry.actor == actor
        ]
        for i in positions:
            self._entries[i] = replace(self._entries[i], entry=_anonymous(self._entries[i].entry, user_id, actor))
        return len(positions)

    async def entries(
        self, criteria: AuditFilter, limit: int, before: tuple[int, int] | None = None
    ) -> Sequence[Audited]:
        matches = [
            item for item in self._entries if criteria.admits(item.entry) and (before is None or item.place < before)
        ]
        latest = sorted(matches, key=lambda item: item.place, reverse=True)[:limit]
        return [replace(item, person=self.people.get(item.entry.actor)) for item in latest]

    async def latest(self, actors: Collection[str]) -> Mapping[str, int]:
        entries = [audited.entry for audited in self._entries if audited.entry.actor in actors]
        return {entry.actor: entry.at for entry in sorted(entries, key=lambda entry: entry.at)}


def _anonymous(act: AuditEntry, user_id: int, actor: str) -> AuditEntry:
    act = replace(act, actor="player") if act.actor == actor else act
    return replace(act, user_id=None, reason=None, details={"erased": True}) if act.user_id == user_id else act
