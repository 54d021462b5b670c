"""A few users of each kind, until each kind of request was sent or the time limit has passed."""

from locust import LoadTestShape

USERS = 12
"""Number of users. The weights of the classes make them 8 players, 1 game server and 3 spectators."""

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
"""Method and name of every kind of request."""


class Smoke(LoadTestShape):
    """Constant number of users, until every kind of request was sent. The run fails at the time limit."""

    def tick(self) -> tuple[int, float] | None:
        """Return the number of users and the number of starts per second, or None at the end."""
        assert self.runner is not None
        missing = REQUESTS - {(method, name) for name, method in self.runner.stats.entries}
        if missing and self.get_run_time() < LIMIT_S:
            return USERS, USERS
        self.runner.environment.process_exit_code = 1 if missing else None
        return None
