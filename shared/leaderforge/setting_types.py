"""Types of settings, which convert the text of a variable to a value."""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from leaderforge.domain.addresses import Network, host_and_port
from leaderforge.domain.permissions import Role
from leaderforge.domain.rates import RateLimit
from leaderforge.domain.segments import declared_attributes
from leaderforge.key_sets import KeySet


def variable(name: str, instruction: str, default: Any = ..., **constraints: Any) -> Any:
    """Return the field of a variable. The instruction is part of error messages."""
    return Field(default, alias=name, description=instruction, **constraints)


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


def check_dsn(dsn: str) -> str:
    """Return the DSN. Raises `ValueError`, without the password, if the driver would misread parts of the DSN."""
    parts = urlsplit(dsn)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ValueError("it must begin with postgresql://")
    hosts = parts.netloc.rpartition("@")[2].split(",")
    ports = [host.rpartition("]")[2].partition(":")[2] for host in hosts]
    if parts.fragment or "@" in parts.path + parts.query or not all(port.isdecimal() for port in ports if port):
        raise ValueError("the port is no number, or a character of the password is not percent-encoded")
    return dsn


def _dsn(value: SecretStr) -> SecretStr:
    return SecretStr(check_dsn(value.get_secret_value()))


Dsn = Annotated[SecretStr, AfterValidator(_dsn)]


def _node(address: str) -> str:
    """Return the address of a node. Raises `ValueError` for an invalid port number."""
    host_and_port(address)
    return address


def _roles(value: object) -> object:
    """Return the roles by name from a text such as `admins:owner,support:moderator`. Names may contain colons."""
    if not isinstance(value, str):
        return value
    pairs = [part.rpartition(":") for part in split_list(value)]
    return {name.strip(): role.strip() for name, _, role in pairs}


Node = Annotated[str, Field(pattern=r"^[^\s,]+:\d{1,5}$"), AfterValidator(_node)]
Nodes = Annotated[tuple[Node, ...], BeforeValidator(_split), Field(min_length=1)]
Origin = Annotated[str, Field(pattern=r"^(\*|https?://[^\s/,]+)$")]
Origins = Annotated[tuple[Origin, ...], BeforeValidator(_split)]
PublicUrl = Annotated[str, Field(pattern=r"^https?://[^\s/?#\"<>]+(/[^\s?#\"<>]*)?$")]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]+$")]
Hosts = Annotated[tuple[Host, ...], BeforeValidator(_split)]
SitePages = Annotated[tuple[Literal["submit", "console"], ...], BeforeValidator(_split)]
KeySetText = Annotated[KeySet, BeforeValidator(_keys)]
Networks = Annotated[tuple[Network, ...], BeforeValidator(_split)]
RoleNames = Annotated[dict[Annotated[str, Field(min_length=1)], Role], BeforeValidator(_roles)]
SegmentAttributes = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(declared_attributes)]
RateLimitText = Annotated[RateLimit, BeforeValidator(_limit)]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)]
