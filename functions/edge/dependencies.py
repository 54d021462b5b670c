"""What FastAPI gives to handlers, apart from what the handlers of a queue need, who do without FastAPI."""

from typing import Annotated

from fastapi import Depends, Request

from functions.edge.context import Edge


def edge_of(request: Request) -> Edge:
    """Return the edge of the application that serves this request."""
    edge: Edge = request.app.state.edge
    return edge


TheEdge = Annotated[Edge, Depends(edge_of)]
"""A handler's parameter of this type is the application's edge."""
