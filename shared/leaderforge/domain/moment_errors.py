"""Errors of reads at past moments."""

from leaderforge.domain.errors import NotFound


class MomentNotFound(NotFound):
    """The board cannot be read at this moment."""

    code = "moment_not_found"
