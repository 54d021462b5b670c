"""Errors of embedded servers."""

from leaderforge.domain.errors import LeaderForgeError


class ServerFailed(LeaderForgeError):
    """Error for a server that did not start, or ended unexpectedly.

    The message includes the end of the server's log if there is one.
    """

    code = "server_failed"


class Aborted(ServerFailed):
    """Error for a start that `abort` has cancelled."""

    code = "aborted"


class AlreadyRunning(LeaderForgeError):
    """Error for a directory that another process uses. `details` contains that process's notes, such as `pid`."""

    code = "already_running"
