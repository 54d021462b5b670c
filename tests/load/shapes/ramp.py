"""Ever more users, a step at a time, until the service gives in or the last step is over."""

from locust import LoadTestShape

STEP_USERS = 50
STEP_S = 30
STEPS = 20


class Ramp(LoadTestShape):
    """50 users more every half minute, up to 1,000."""

    def tick(self) -> tuple[int, float] | None:
        """Return how many users there should be now, and how many may start a second; None at the end."""
        step = int(self.get_run_time() // STEP_S) + 1
        return (STEP_USERS * step, STEP_USERS) if step <= STEPS else None
