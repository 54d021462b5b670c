"""Steps of a call. The calls are generators of steps, which each client performs in its own way."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request. Its result is a `Reply`; raises `NetworkError` if no complete reply arrives."""

    method: str
    path: str
    query: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait before a retry."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Local:
    """Call a function that may block for some ms, such as a write of the queue. Its result is the function's."""

    call: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Exclusive:
    """Perform a call while no other call with this lock runs. Its result is the call's."""

    lock: str
    call: "Call[Any]"


Step: TypeAlias = Send | Wait | Local | Exclusive
Call: TypeAlias = Generator[Step, Any, ResultT]


@dataclass(frozen=True, slots=True)
class Reply:
    """Response. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes
