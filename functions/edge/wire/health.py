"""The health of the service on the wire."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.fields import CountOut
from functions.edge.wire.models import StrictOut
from leaderforge import __version__

Status = Literal["ok", "degraded", "unavailable"]


class IndexHealth(StrictOut):
    partitions: CountOut
    healthy: CountOut


class HealthOut(StrictOut):
    """The health of the service and of its parts."""

    status: Status = Field(description="`degraded` means that some calls still work.")
    index: IndexHealth
    database: dict[str, bool] = Field(description="Whether each node answers.", examples=[{"postgres": True}])
    writable: bool = Field(
        description="Whether the database accepts writes. False also for up to 60 s after it refused a submission."
    )
    version: str


def render_health(
    status: Status, partitions: Sequence[bool], database: Mapping[str, bool], *, writable: bool
) -> JsonBody:
    """Return the body about the health. `partitions` and `database` say which partitions and database nodes answer."""
    index = IndexHealth(partitions=len(partitions), healthy=sum(partitions))
    health = HealthOut(status=status, index=index, database=dict(database), writable=writable, version=__version__)
    return JsonBody.of(health)
