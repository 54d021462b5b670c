"""zstd, from the standard library or, before Python 3.14, from its backport."""

import sys
from importlib import import_module

_ZSTD = import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


def compress(data: bytes) -> bytes:
    """Return the data as zstd."""
    return bytes(_ZSTD.compress(data))
