"""Accounts of servers. A server never runs as root."""

import os
import pwd
from pathlib import Path

from leaderforge.embedded.process import Account


def unprivileged_account(data: Path) -> Account:
    """Return the account for a server: this process's account or, for root, the owner of the data or `nobody`."""
    if os.geteuid() != 0:
        return Account()
    owner = data.stat() if data.exists() else None
    if owner and owner.st_uid:
        return Account(owner.st_uid, owner.st_gid)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)
