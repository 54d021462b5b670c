"""Services that update, read and repair an index, connected as in the product, over the stores of a test."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from leaderforge.adapters.clock import now_ms
from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.feed import MemoryChannel, MemoryFeed
from leaderforge.adapters.memory.moment_store import MemoryMoments
from leaderforge.adapters.memory.pending_processes import MemoryPendingProcesses
from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.ports.clock import Clock
from leaderforge.ports.index import RankIndex
from leaderforge.ports.moments import MomentStore
from leaderforge.ports.pending import PendingProcesses
from leaderforge.ports.players import PlayerStore
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.changes import Changes
from leaderforge.services.declaring import Declaration
from leaderforge.services.delivery import Delivery
from leaderforge.services.maintain import MaintainService
from leaderforge.services.names import NameSync
from leaderforge.services.players import PlayerService
from leaderforge.services.query import QueryService
from leaderforge.services.reading import Reader
from leaderforge.services.trust import IndexTrust


@dataclass
class Process:
    """Services of one process that read, update or repair the index.

    Several processes may share store, players, index and declarations.
    """

    store: ScoreStore
    users: PlayerStore
    index: RankIndex
    processes: PendingProcesses = field(default_factory=MemoryPendingProcesses)
    clock: Clock = now_ms
    telemetry: Telemetry = field(default_factory=lambda: Fanout([]))
    top_ttl_ms: int = 1000
    stores_all_names: bool = True
    moments: MomentStore | None = None

    def __post_init__(self) -> None:
        declaration = Declaration(self.processes)
        self.trust = IndexTrust(self.index, self.processes, declaration, self.clock, self.telemetry)
        # A test that reads no past moments need not pass their store.
        moments = self.moments or MemoryMoments(MemoryScoreStore(MemoryPlayerStore(MemoryAuditLog())))
        self.reader = Reader(self.index, self.trust, self.store, self.users, moments, self.clock, self.telemetry)
        self.query = QueryService(self.reader, self.clock, self.telemetry, top_ttl_ms=self.top_ttl_ms)
        feed = MemoryFeed(MemoryChannel())
        self.changes = Changes(feed, self.query.tops, self.clock, self.telemetry, self.trust.is_believed)
        names = NameSync(self.index, self.users, stores_all=self.stores_all_names)
        self.delivery = Delivery(self.index, self.store, names, declaration, self.changes, self.telemetry)
        self.maintain = MaintainService(
            self.store,
            self.users,
            self.index,
            self.processes,
            self.clock,
            self.telemetry,
            self.changes.note_repair,
            stores_all_names=self.stores_all_names,
        )
        self.trust.repair_with(self.delivery.deliver_pending, self.maintain.catch_up)
        self.players = PlayerService(self.users, self.delivery, self.clock)

    async def close(self) -> None:
        """End the background tasks. Call this before the connections of the tasks are closed."""
        await self.trust.close()
        await self.changes.close()


class Link:
    """Connection of one process to a shared index. Tests can cut it. `refused` counts the calls meanwhile, by name."""

    def __init__(self, index: RankIndex) -> None:
        self._index = index
        self.disruptions = 0
        self.refused: Counter[str] = Counter()
        self.is_cut = False

    def __getattr__(self, name: str) -> Any:
        target = getattr(self._index, name)
        if name in {"partitions", "keys", "source"}:
            return target

        async def call(*args: Any, **options: Any) -> Any:
            if self.is_cut:
                self.disruptions += 1
                self.refused[name] += 1
                raise IndexUnavailable("the rank index did not answer")
            # Use the link's own number of disruptions, because the index behind the link does not count disruptions.
            if options.pop("disruptions", None) not in (None, self.disruptions):
                raise IndexUnavailable("a connection to the rank index broke before")
            return await target(*args, **options)

        return call
