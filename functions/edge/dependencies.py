"""Dependencies of handlers, in FastAPI's form. Functions without HTTP do not import FastAPI and so not this module."""

from typing import Annotated

from fastapi import Depends, Request

from functions.edge.context import Edge


def edge_of(request: Request) -> Edge:
    """Return the edge of the application that serves this request."""
    edge: Edge = request.app.state.edge
    return edge


TheEdge = Annotated[Edge, Depends(edge_of)]
"""The type of a handler's parameter that is the application's edge."""
