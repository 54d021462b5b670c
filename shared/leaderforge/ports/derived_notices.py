"""State from which notices about periods and ranks are derived."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from leaderforge.domain.notice_log import NoticeDraft


class NoticedTier(NamedTuple):
    """Last noticed tier of a player on a ladder, None for no tier. Row `seq` of the outbox changed the tier."""

    user_id: int
    board_id: int
    period: int
    tier: str | None
    seq: int


class NoticedPlace(NamedTuple):
    """Noticed place of a player on a ladder: a sort key, or None for no visible entry. `seq` is as in `NoticedTier`."""

    user_id: int
    board_id: int
    period: int
    place: bytes | None
    seq: int


class Overtakings(NamedTuple):
    """Notices about overtaken players, and the new noticed places.

    The key in `drafts` is the number of an outbox row, and the player of that row, who passed others. `recipients` are
    all players who may get such a notice. Other players in `places` have a row in the outbox.
    """

    drafts: Mapping[tuple[int, int], Sequence[NoticeDraft]]
    places: Sequence[NoticedPlace]
    recipients: Collection[int]


class DerivedNoticeStore(Protocol):
    """Store of the states that the last notices were derived from.

    A state changes in the transaction that appends its notices. Raises `StoreUnavailable`.
    """

    async def closed_until(self) -> Mapping[int, int]:
        """Return, by board id, the time (ms) up to which closed periods of the board have their notices."""
        ...

    async def append_closed(self, board_id: int, until: int, drafts: Sequence[NoticeDraft]) -> None:
        """Append the notices of a board's closed periods, and store the time (ms) up to which these are complete."""
        ...

    async def forget_closed(self, board_ids: Collection[int]) -> None:
        """Delete the times that `append_closed` stored, except for these boards."""
        ...

    async def top(self, board_id: int, period: int) -> Sequence[int] | None:
        """Return the stored players in the top of a ladder, None if none were stored yet."""
        ...

    async def append_top(
        self, board_id: int, period: int, user_ids: Sequence[int], before: Sequence[int], drafts: Sequence[NoticeDraft]
    ) -> None:
        """Replace the players in the top, and append the notices.

        Do nothing if the stored players are not `before`, because another process has replaced them.
        """
        ...

    async def tiers(
        self, user_ids: Collection[int], periods: Collection[int]
    ) -> Mapping[tuple[int, int, int], str | None]:
        """Return the last noticed tiers of players in these periods, by player, board and period."""
        ...

    async def places(self, board_id: int, period: int, user_ids: Collection[int]) -> Mapping[int, bytes | None]:
        """Return the noticed places of players on a ladder. Players without a stored place are missing."""
        ...

    async def forget_places(self, ladders: Collection[tuple[int, int]]) -> int:
        """Delete some noticed places, except on `ladders` (board id, period). Return the number of deleted places."""
        ...
