"""Types of settings, which convert the text of a variable to a value."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from leaderforge.domain.rates import RateLimit
from leaderforge.key_sets import KeySet


def split_list(text: str) -> list[str]:
    """Return the parts of a comma-separated list, without blanks and empty parts."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _split(value: object) -> object:
    return tuple(split_list(value)) if isinstance(value, str) else value


def _keys(value: object) -> object:
    return KeySet(split_list(value)) if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _limit(value: object) -> object:
    return RateLimit.parsed(value) if isinstance(value, str) else value


Node = Annotated[str, Field(pattern=r"^[^\s,]+:\d{1,5}$")]
Nodes = Annotated[tuple[Node, ...], BeforeValidator(_split), Field(min_length=1)]
Origin = Annotated[str, Field(pattern=r"^(\*|https?://[^\s/,]+)$")]
Origins = Annotated[tuple[Origin, ...], BeforeValidator(_split)]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]+$")]
Hosts = Annotated[tuple[Host, ...], BeforeValidator(_split)]
SitePages = Annotated[tuple[Literal["submit", "console"], ...], BeforeValidator(_split)]
KeySetText = Annotated[KeySet, BeforeValidator(_keys)]
Network = IPv4Network | IPv6Network
Networks = Annotated[tuple[Network, ...], BeforeValidator(_split)]
RateLimitText = Annotated[RateLimit, BeforeValidator(_limit)]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)]
