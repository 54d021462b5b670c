"""A few users of each kind, until everything that they can do has been done, or has had its time."""

from locust import LoadTestShape

USERS = 12
"""By their weights: 8 players, 1 game server and 3 spectators."""

LIMIT_S = 120

BOARD = "/api/boards/default"
REQUESTS = {
    ("POST", "/api/users"),
    ("POST", "/api/scores"),
    ("GET", "/api/leaderboard/top?limit=10"),
    ("GET", "/api/leaderboard/rank/{user_id}"),
    ("POST", f"{BOARD}/scores/batch?rank=none"),
    ("POST", f"{BOARD}/scores/batch?rank=none again"),
    ("POST", f"{BOARD}/ranks/lookup"),
    ("GET", "/api/leaderboard/top?limit=10 polled"),
    ("GET", f"{BOARD}/around/{{user_id}}"),
    ("GET", f"{BOARD}/page"),
    ("GET", f"{BOARD}/stream"),
}
"""The method and the name of every request that there is."""


class Smoke(LoadTestShape):
    """Ends as soon as every request has been made; fails if that takes too long."""

    def tick(self) -> tuple[int, float] | None:
        """Return how many users there should be now, and how many may start a second; None at the end."""
        assert self.runner is not None
        missing = REQUESTS - {(method, name) for name, method in self.runner.stats.entries}
        if missing and self.get_run_time() < LIMIT_S:
            return USERS, USERS
        self.runner.environment.process_exit_code = 1 if missing else None
        return None
