"""Client of LeaderForge that never loses a score: `Client` for threads, `AsyncClient` for asyncio."""

from leaderforge_client.async_client import AsyncClient
from leaderforge_client.client import Client
from leaderforge_client.errors import (
    ApiError,
    Cancelled,
    ClientClosed,
    Conflict,
    Forbidden,
    Invalid,
    LeaderForgeError,
    NetworkError,
    NotFound,
    NotSignedIn,
    QueueDamaged,
    QueueFull,
    QueueLocked,
    QueueUnwritable,
    RateLimited,
    Unauthenticated,
    Unavailable,
)
from leaderforge_client.options import Options, TelemetryEvent
from leaderforge_client.results import Flushed, QueuedScore, RejectedScore, Submitted

__version__ = "0.2.0"
__all__ = [
    "ApiError",
    "AsyncClient",
    "Cancelled",
    "Client",
    "ClientClosed",
    "Conflict",
    "Flushed",
    "Forbidden",
    "Invalid",
    "LeaderForgeError",
    "NetworkError",
    "NotFound",
    "NotSignedIn",
    "Options",
    "QueueDamaged",
    "QueueFull",
    "QueueLocked",
    "QueueUnwritable",
    "QueuedScore",
    "RateLimited",
    "RejectedScore",
    "Submitted",
    "TelemetryEvent",
    "Unauthenticated",
    "Unavailable",
]
