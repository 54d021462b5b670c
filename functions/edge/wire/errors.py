"""Errors on the wire."""

from typing import Any

from pydantic import Field
from pydantic_core import to_json

from functions.edge.wire.models import StrictOut
from leaderforge.domain.errors import LeaderForgeError

_MAX_MESSAGE = 1000
"""Maximum characters of a message. It may contain a part of the request, such as its path."""


class ErrorObject(StrictOut):
    code: str = Field(description="The error code, for programs. docs/api.md lists all.", examples=["user_not_found"])
    message: str = Field(description="The error message, for people.", examples=["there is no player 123"])
    details: dict[str, Any]


class ErrorOut(StrictOut):
    """An error. All errors have this shape."""

    error: ErrorObject


def render_error(error: LeaderForgeError) -> str:
    """Return an error as a JSON object. Details without a JSON type become text. A long message is cut."""
    shape = {"error": {"code": error.code, "message": error.message[:_MAX_MESSAGE], "details": error.details}}
    return to_json(shape, fallback=str).decode()
