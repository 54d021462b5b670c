"""Errors of embedded servers."""

from leaderforge.domain.errors import LeaderForgeError


class ServerFailed(LeaderForgeError):
    """A server did not start, or ended unexpectedly. The message includes the end of its log if there is one."""

    code = "server_failed"


class Aborted(ServerFailed):
    """A start was cancelled by `abort`."""

    code = "aborted"


class AlreadyRunning(LeaderForgeError):
    """Another process uses the directory. `details` holds its notes in the lock file, such as `pid`."""

    code = "already_running"
