"""Steps of a call. The calls are generators of steps, which each client performs in its own way."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Send:
    """Step that sends a request, with a `Reply` as its result. Raises `NetworkError` if no complete reply arrives."""

    method: str
    path: str
    query: Mapping[str, str | int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Step that waits before a retry."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Local:
    """Step that returns the result of a function. The function, such as a write of the queue, may block for some ms."""

    call: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Exclusive:
    """Step that performs a call while no other call with this lock runs, and returns the call's result."""

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
