"""In-memory outbox."""

from collections.abc import Callable, Iterable

from leaderforge.domain.notices import NewNotice, announced_notices


class MemoryOutbox:
    """Notices that no relay has moved to the log yet, by sequence number.

    An erasure calls each function of `on_erase` with the id of the player.
    """

    def __init__(self) -> None:
        self.notices: dict[int, NewNotice] = {}
        self._seq = 0
        self.on_erase: list[Callable[[int], None]] = []

    def write(self, notices: Iterable[NewNotice]) -> None:
        """Add the notices whose boards ask for them."""
        for notice in announced_notices(notices):
            self._seq += 1
            self.notices[self._seq] = notice

    def erase(self, user_id: int) -> None:
        """Delete the notices about a player."""
        self.notices = {seq: notice for seq, notice in self.notices.items() if notice.user_id != user_id}
        for erase in self.on_erase:
            erase(user_id)
