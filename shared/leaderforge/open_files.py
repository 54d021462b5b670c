"""Limit of a process's open files. Each connection counts as one."""

import resource

_MOST = 65_536
"""Maximum of the limit that this module sets. Higher limits make some programs slow."""


def raise_open_files() -> None:
    """Raise this process's soft limit of open files to its hard limit, at most `_MOST`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST if hard == resource.RLIM_INFINITY else min(hard, _MOST)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
