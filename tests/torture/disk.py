"""Small file system in memory, which a nemesis fills. Only root can mount it."""

import os
import subprocess
from contextlib import suppress
from pathlib import Path

_BYTES = 512 * 2**20
"""Size of the file system, and of the memory that it takes when full. A run needs less: 100 MB in half an hour."""
_BALLAST = "ballast"
_STEP_BYTES = 64 * 2**10


class SmallDisk:
    """File system of 512 MiB at a path. If this process may not mount anything, the path is an ordinary directory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.is_mounted = False

    def mount(self) -> None:
        """Mount the file system. Without the right to do so, `is_mounted` stays false."""
        self._path.mkdir(mode=0o711, parents=True)
        if os.geteuid() != 0:
            return
        options = ["-t", "tmpfs", "-o", f"size={_BYTES},mode=711", "torture", str(self._path)]
        self.is_mounted = subprocess.run(["mount", *options], capture_output=True, check=False).returncode == 0

    def fill(self) -> None:
        """Take all free space."""
        with (self._path / _BALLAST).open("wb") as file, suppress(OSError):
            # A step that does not fit takes nothing. Therefore take small steps, to leave little free space.
            for start in range(0, _BYTES, _STEP_BYTES):
                os.posix_fallocate(file.fileno(), start, _STEP_BYTES)

    def free(self) -> None:
        """Free the space again."""
        (self._path / _BALLAST).unlink(missing_ok=True)

    def unmount(self) -> None:
        """Unmount the file system, once no process uses it."""
        if self.is_mounted:
            subprocess.run(["umount", "-l", str(self._path)], capture_output=True, check=False)
            self.is_mounted = False
