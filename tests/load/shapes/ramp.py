"""Number of users that grows step by step, until the service fails or the last step ends."""

from locust import LoadTestShape

STEP_USERS = 50
STEP_S = 30
STEPS = 20


class Ramp(LoadTestShape):
    """50 more users every half minute, up to 1,000."""

    def tick(self) -> tuple[int, float] | None:
        """Return the number of users and the number of starts per second, or None at the end."""
        step = int(self.get_run_time() // STEP_S) + 1
        return (STEP_USERS * step, STEP_USERS) if step <= STEPS else None
