"""Constant moderate load for hours, to find leaks."""

from locust import LoadTestShape

USERS = 200
HOURS = 8


class Soak(LoadTestShape):
    """200 users for 8 hours."""

    def tick(self) -> tuple[int, float] | None:
        """Return the number of users and the number of starts per second, or None at the end."""
        return (USERS, 10) if self.get_run_time() < HOURS * 3600 else None
