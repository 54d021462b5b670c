"""What can go wrong with a server of our own."""

from leaderforge.domain.errors import LeaderForgeError


class ServerFailed(LeaderForgeError):
    """A server did not start, or ended by itself; the message carries the end of its log."""

    code = "server_failed"


class Aborted(ServerFailed):
    """The start was given up on request."""

    code = "aborted"


class AlreadyRunning(LeaderForgeError):
    """Another process uses the directory; `details` holds what it wrote into the lock, such as its `pid`."""

    code = "already_running"
