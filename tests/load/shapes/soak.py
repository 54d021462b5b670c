"""The same moderate load for hours: does anything grow that should not?"""

from locust import LoadTestShape

USERS = 200
HOURS = 8


class Soak(LoadTestShape):
    """200 users for 8 hours."""

    def tick(self) -> tuple[int, float] | None:
        """Return how many users there should be now, and how many may start a second; None at the end."""
        return (USERS, 10) if self.get_run_time() < HOURS * 3600 else None
