"""Nemeses: disturbances of the product while readers poll. Each nemesis ends with all parts running again."""

from collections.abc import Awaitable, Callable, Mapping

from tests.torture.nemeses.citus import freeze_worker, kill_worker, rebalance
from tests.torture.nemeses.clients import (
    deliveries,
    duels,
    erase_in_outage,
    late_scores,
    moderation,
    newcomers,
    overlaps,
    recreate,
)
from tests.torture.nemeses.clocks import clock_day, clock_steps
from tests.torture.nemeses.database import (
    cut_database,
    fill_disk,
    kill_postgres,
    restart_postgres,
    slow_database,
    upgrade,
)
from tests.torture.nemeses.index import (
    cut_index,
    flush_node,
    freeze_index,
    freeze_node,
    kill_node,
    migrate_slot,
    rebuild,
    repartition,
    restore_index,
    restore_node,
    slow_index,
    wipe_partition,
)
from tests.torture.nemeses.processes import (
    crash_at_outage,
    crash_beside_frozen,
    crash_in_cut,
    crash_in_outage,
    freeze_api,
    kill_api,
    kill_apis,
    receiver_away,
)
from tests.torture.stage import Stage

Nemesis = Callable[[Stage], Awaitable[None]]

NEMESES: Mapping[str, Nemesis] = {
    nemesis.__name__.replace("_", "-"): nemesis
    for nemesis in (
        newcomers,
        freeze_index,
        freeze_node,
        kill_node,
        flush_node,
        migrate_slot,
        slow_index,
        cut_index,
        kill_api,
        kill_apis,
        crash_in_outage,
        crash_in_cut,
        crash_at_outage,
        crash_beside_frozen,
        freeze_api,
        receiver_away,
        rebuild,
        repartition,
        wipe_partition,
        restore_node,
        restore_index,
        clock_day,
        clock_steps,
        erase_in_outage,
        recreate,
        duels,
        overlaps,
        deliveries,
        moderation,
        late_scores,
        restart_postgres,
        kill_postgres,
        slow_database,
        cut_database,
        fill_disk,
        upgrade,
        kill_worker,
        freeze_worker,
        rebalance,
    )
}

CLOCKS = frozenset({"clock-day", "clock-steps"})
"""Nemeses that need libfaketime."""
