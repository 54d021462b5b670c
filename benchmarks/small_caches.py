"""Application with small caches. They fill within a minute. If the application's memory grows later, it leaks.

`benchmarks.soak --small-caches` serves this application, which also counts the memory blocks of living Python objects.
After a busy moment, the number of blocks falls again; the memory of the process may stay high.
"""

import functools
import gc
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CAPACITY = 32

_COUNT_EVERY_S = 5.0

_lru_cache = functools.lru_cache


def _small(maxsize: int | Callable[..., Any] | None = 128, typed: bool = False) -> Any:
    if callable(maxsize):
        return _lru_cache(CAPACITY)(maxsize)
    return _lru_cache(CAPACITY if maxsize is None else min(maxsize, CAPACITY), typed)


functools.lru_cache = _small  # before the imports below, because these create the caches

from functions import local  # noqa: E402
from leaderforge.adapters.postgres import periods  # noqa: E402
from leaderforge.services import ladders, leagues, top  # noqa: E402

functools.lru_cache = _lru_cache

for module, name in ((periods, "_MAX_CACHED"), (leagues, "_MAX_CACHED"), (ladders, "_MAX_BOARDS")):
    getattr(module, name)
    setattr(module, name, CAPACITY)
defaults = top.TopCache.__init__.__kwdefaults__
assert defaults is not None
defaults["capacity"] = CAPACITY


def create_app() -> Any:
    """Return the application, and count memory blocks in the background."""
    threading.Thread(target=_count_blocks, args=[Path(os.environ["SOAK_BLOCKS_FILE"])], daemon=True).start()
    return local.create_app()


def _count_blocks(file: Path) -> None:
    while True:
        time.sleep(_COUNT_EVERY_S)
        gc.collect()
        partial = file.with_suffix(".partial")
        partial.write_text(str(sys.getallocatedblocks()))
        partial.replace(file)  # a reader of the file sees the old or the new number, never a part
