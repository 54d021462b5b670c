"""Source of an answer to a read."""

from enum import StrEnum


class Source(StrEnum):
    """Source of an answer: the index, the cache of top entries, or the store."""

    INDEX = "index"
    CACHE = "cache"
    STORE = "postgres"
