"""Program that executes a server, so that the server ends when its supervisor ends.

`python -I -S guard.py PARENT SIGNAL UID GID COMMAND...` asks the system to send SIGNAL when the parent ends, then
executes the command. With a UID other than 0, the guard first drops root, because PostgreSQL refuses to run as root.

The guard is a separate program, because a process with threads cannot safely run Python between fork and exec.
"""

import ctypes
import os
import struct
import sys
from typing import NoReturn

PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
CAPABILITY_VERSION_3 = 0x20080522


def main(parent: int, death_signal: int, uid: int, gid: int, command: list[str]) -> NoReturn:
    os.umask(0o077)
    if uid:
        drop_root(uid, gid, [command[0], os.getcwd()])  # noqa: PTH109 - pathlib is slow to import
    if sys.platform == "linux":
        _prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:  # the parent ended before `_prctl` took effect
            sys.exit("the supervisor has ended")
    os.execv(command[0], command)  # noqa: S606 - executing the command is the purpose


def drop_root(uid: int, gid: int, paths: list[str]) -> None:
    """Change to the user permanently. If the user cannot access one of the paths, retain a capability for file access.

    Data and virtual environments often lie in directories that only root can enter, such as /root. The capability ends
    with the process, whereas wider file permissions would outlive it.
    """
    has_capabilities = sys.platform == "linux"
    if has_capabilities:
        _prctl(PR_SET_KEEPCAPS, 1)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if not has_capabilities:
        return
    if all(os.access(path, os.X_OK) for path in paths):
        _set_capabilities(0)
    elif not _raise_capability(CAP_DAC_READ_SEARCH):
        _raise_capability(CAP_DAC_OVERRIDE)  # fallback: many containers grant only this capability


def _raise_capability(capability: int) -> bool:
    """Retain a capability across exec. Return False if the system refuses it."""
    try:
        _set_capabilities(1 << capability)
        _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)
    except OSError:
        return False
    return True


def _set_capabilities(mask: int) -> None:
    header = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
    _call("capset", header, struct.pack("6I", mask, mask, mask, 0, 0, 0))


def _prctl(option: int, *arguments: int) -> None:
    _call("prctl", option, *(ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]))


def _call(name: str, *arguments: object) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


if __name__ == "__main__":
    _parent, _signal, _uid, _gid, *_command = sys.argv[1:]
    main(int(_parent), int(_signal), int(_uid), int(_gid), _command)
