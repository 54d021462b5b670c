"""Environment settings of players: names, attributes, friends, and creation on first sight."""

from pathlib import Path

from pydantic import BaseModel

from leaderforge.domain.friends import FriendMode
from leaderforge.setting_types import SegmentAttributes, variable


class PlayerSettings(BaseModel):
    """Settings of players."""

    unique_names: bool = variable("LEADERFORGE_UNIQUE_NAMES", "set 0 to let players share names, else 1", True)
    refused_names: Path | None = variable(
        "LEADERFORGE_REFUSED_NAMES", "name a UTF-8 file of at most 1 MiB with one refused word a line", None
    )
    segments: SegmentAttributes = variable("LEADERFORGE_SEGMENTS", "list up to 8 attributes, comma separated", ())
    friends: FriendMode = variable(
        "LEADERFORGE_FRIENDS", "choose one-way, or mutual if friends must follow back", FriendMode.ONE_WAY
    )
    create_players: bool = variable(
        "LEADERFORGE_CREATE_PLAYERS", "set 1 to create unknown players on first sight, else 0", False
    )
    cached_players: int = variable(
        "LEADERFORGE_CACHED_PLAYERS",
        "give a number of players, 0 to 10000000",
        250_000,
        ge=0,
        le=10_000_000,
    )
    erased_hours: int = variable(
        "LEADERFORGE_ERASED_HOURS",
        "give the longest lifetime of a player token in hours, 1 to 87600",
        720,
        ge=1,
        le=87_600,
    )

    @property
    def erased_ms(self) -> int | None:
        """Return the time (ms) in which first sight cannot recreate an erased player, None if first sight is off."""
        return self.erased_hours * 3_600_000 if self.create_players else None
