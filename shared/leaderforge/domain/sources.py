"""Origins of answers."""

from enum import StrEnum


class Source(StrEnum):
    """Origin of an answer."""

    INDEX = "index"
    CACHE = "cache"
    STORE = "postgres"
