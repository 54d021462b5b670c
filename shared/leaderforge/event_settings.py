"""Environment settings of the delivery of events."""

from pydantic import BaseModel

from leaderforge.setting_types import Networks, variable


class EventSettings(BaseModel):
    """Settings of the delivery of events."""

    event_networks: Networks = variable(
        "LEADERFORGE_EVENT_NETWORKS",
        "list private addresses or networks such as 10.0.0.0/8 that may receive events, comma separated",
        (),
    )
    event_attempts: int = variable(
        "LEADERFORGE_EVENT_ATTEMPTS", "give the attempts after which an event is given up, 1 to 30", 15, ge=1, le=30
    )
    event_pause_ms: int = variable(
        "LEADERFORGE_EVENT_PAUSE_MS",
        "give the pause after the first failed attempt in milliseconds, 50 to 60000",
        2000,
        ge=50,
        le=60_000,
    )
    event_days: int = variable(
        "LEADERFORGE_EVENT_DAYS", "give the days for which events are kept, 1 to 90", 3, ge=1, le=90
    )
    event_rows: int = variable(
        "LEADERFORGE_EVENT_ROWS",
        "give the maximum number of events that are kept, 1000 to 100000000",
        1_000_000,
        ge=1000,
        le=100_000_000,
    )
