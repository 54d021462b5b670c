"""A quiet service that is suddenly in the news, twice."""

from locust import LoadTestShape

QUIET, CROWD = 50, 1000
QUIET_S, SPIKE_S = 60, 30
SPIKES = 2


class Spike(LoadTestShape):
    """A minute of 50 users, half a minute of 1,000, that again, and a minute to see whether all is as before."""

    def tick(self) -> tuple[int, float] | None:
        """Return how many users there should be now, and how many may start a second; None at the end."""
        rounds, second = divmod(self.get_run_time(), QUIET_S + SPIKE_S)
        if rounds >= SPIKES and second >= QUIET_S:
            return None
        return (QUIET, CROWD) if second < QUIET_S else (CROWD, CROWD)
