"""Wall clock of API processes, set by the checker through libfaketime. The monotonic clock stays real."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

_DEBIAN = (
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
)

_PROBED_S = 86_400


def library() -> Path | None:
    """Return the path of libfaketime, from the Python package or the system, None if neither has it."""
    spec = find_spec("libfaketime")
    paths = [Path(path) for path in _DEBIAN]
    if spec is not None and spec.origin is not None:
        paths.insert(0, Path(spec.origin).parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1")
    return next((path for path in paths if path.exists()), None)


class Clock:
    """Wall clock of the processes that run with `environment`, by its offset in s. A change affects them at once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._library = library()
        self.offset_s = 0
        self.jumps = 0
        """Number of changes of the offset."""
        self.set(0)

    def can_jump(self) -> bool:
        """Return whether the clock of a process can be set. A library for another processor cannot set it."""
        offset_s = self.offset_s
        self.set(_PROBED_S)
        try:
            program = [sys.executable, "-c", "import time; print(time.time())"]
            environment = {**os.environ, **self.environment}
            shown = subprocess.run(program, env=environment, capture_output=True, text=True, check=True).stdout
            return float(shown) - time.time() > _PROBED_S / 2
        finally:
            self.set(offset_s)

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the variables of a process with this clock."""
        if self._library is None:
            return {}
        return {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DISABLE_SHM": "1",  # use a file, because shared memory would outlive a killed process
            "DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def set(self, offset_s: int) -> None:
        """Set the clock `offset_s` seconds ahead of the real clock, or behind it if `offset_s` is negative."""
        self.jumps += offset_s != self.offset_s
        self.offset_s = offset_s
        partial = self._file.with_suffix(".partial")
        partial.write_text(f"{offset_s:+d}\n")
        partial.replace(self._file)  # atomic: a reader sees the old offset or the new one
