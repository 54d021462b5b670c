"""Audit log: actor, action, time and reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Logged action at a time `at` (ms).

    `details` must not contain personal data: no names, no emails, and nothing else that an erasure has to delete.
    `actor` has the form of `Caller.actor`. `action` is a noun and a verb, such as `key.revoke` or `entry.hide`.
    """

    at: int
    actor: str
    action: str
    board: str | None = None
    user_id: int | None = None
    reason: str | None = None
    details: Mapping[str, object] = field(default_factory=dict)

    def with_details(self, **details: object) -> Self:
        """Return the entry with additional details."""
        return replace(self, details={**self.details, **details})


def concerning_feeds(act: AuditEntry, slugs: Sequence[str]) -> AuditEntry:
    """Return the audit entry with the boards of the fed submissions that the action changed, in `details.feeds`."""
    return act.with_details(feeds=list(slugs)) if slugs else act


@dataclass(frozen=True, slots=True)
class Audited:
    """Stored audit entry. `id` orders entries of the same millisecond.

    `person` is the name of the person who acted, None if the actor is a program or is unknown by name.
    """

    id: int
    entry: AuditEntry
    person: str | None = None

    @property
    def place(self) -> tuple[int, int]:
        """Return the entry's position in the order of the log: time (ms), then id."""
        return self.entry.at, self.id


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Filter of the audit log. An entry must match all fields that are not None."""

    board: str | None = None
    user_id: int | None = None
    action: str | None = None
    actor: str | None = None

    def admits(self, entry: AuditEntry) -> bool:
        """Return whether the entry matches the filter."""
        requested = (self.board, self.user_id, self.action, self.actor)
        actual_values = (entry.board, entry.user_id, entry.action, entry.actor)
        return all(value is None or value == actual for value, actual in zip(requested, actual_values, strict=True))
