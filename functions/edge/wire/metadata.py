"""Metadata of a score on the wire."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from leaderforge.domain.metadata import MAX_METADATA_BYTES, metadata_text


def _metadata(value: object) -> str:
    """Return the JSON text of an object. Raises `ValueError` if it is too large or cannot be stored."""
    if not isinstance(value, dict):
        raise ValueError("must be an object")
    return metadata_text(value)


MetadataIn = Annotated[
    str,
    BeforeValidator(_metadata),
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": True,
            "description": f"Any JSON object of at most {MAX_METADATA_BYTES} bytes.",
        }
    ),
]
"""JSON member that clients send as an object. The model has the object's JSON text."""
MetadataOut = Annotated[
    dict[str, Any] | None,
    Field(description=f"The metadata sent with the score, at most {MAX_METADATA_BYTES} bytes."),
]
