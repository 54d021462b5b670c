"""Environment settings of private challenges."""

from pydantic import BaseModel

from leaderforge.domain.challenges import MAX_CHALLENGE_PLAYERS, MAX_STORED_EACH, ChallengeLimits
from leaderforge.setting_types import variable

_A_DAY_MS = 86_400_000


class ChallengeSettings(BaseModel):
    """Settings of private challenges."""

    challenges: int = variable(
        "LEADERFORGE_CHALLENGES",
        f"give the number of open challenges that a player may have, 0 to {MAX_STORED_EACH}",
        0,
        ge=0,
        le=MAX_STORED_EACH,
    )
    challenge_players: int = variable(
        "LEADERFORGE_CHALLENGE_PLAYERS",
        f"give the maximum number of players of a challenge, 2 to {MAX_CHALLENGE_PLAYERS}",
        10,
        ge=2,
        le=MAX_CHALLENGE_PLAYERS,
    )
    challenge_days: int = variable(
        "LEADERFORGE_CHALLENGE_DAYS", "give the maximum length of a challenge in days, 1 to 366", 7, ge=1, le=366
    )
    challenge_rows: int = variable(
        "LEADERFORGE_CHALLENGE_ROWS",
        "give the number of stored challenges, 1 to 10000000",
        100_000,
        ge=1,
        le=10_000_000,
    )
    challenge_retention_days: int = variable(
        "LEADERFORGE_CHALLENGE_RETENTION_DAYS",
        "give the days for which a challenge is kept after its end, 1 to 3650",
        30,
        ge=1,
        le=3650,
    )

    @property
    def challenge_limits(self) -> ChallengeLimits:
        """Return the limits of challenges."""
        return ChallengeLimits(
            open_each=self.challenges,
            players=self.challenge_players,
            length_ms=self.challenge_days * _A_DAY_MS,
            stored=self.challenge_rows,
            retention_ms=self.challenge_retention_days * _A_DAY_MS,
        )
