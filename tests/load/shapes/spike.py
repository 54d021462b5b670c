"""Two sudden peaks of load on a quiet service."""

from locust import LoadTestShape

QUIET, CROWD = 50, 1000
QUIET_S, SPIKE_S = 60, 30
SPIKES = 2


class Spike(LoadTestShape):
    """A minute of 50 users and half a minute of 1,000, twice. A last minute shows whether the service has recovered."""

    def tick(self) -> tuple[int, float] | None:
        """Return the number of users and the number of starts per second, or None at the end."""
        rounds, second = divmod(self.get_run_time(), QUIET_S + SPIKE_S)
        if rounds >= SPIKES and second >= QUIET_S:
            return None
        return (QUIET, CROWD) if second < QUIET_S else (CROWD, CROWD)
