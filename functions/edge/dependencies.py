"""Dependencies of handlers, as FastAPI declares them.

Functions without HTTP must not import this module, because it imports FastAPI, which is slow.
"""

from typing import Annotated

from fastapi import Depends, Request

from functions.edge.context import Edge


def edge_of(request: Request) -> Edge:
    """Return the edge of the application that serves this request."""
    edge: Edge = request.scope["app"].edge
    return edge


TheEdge = Annotated[Edge, Depends(edge_of)]
"""Type of the handlers' parameter for the application's edge."""
