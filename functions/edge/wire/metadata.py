"""Metadata of a score on the wire."""

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from functions.edge.wire.fields import object_text
from leaderforge.domain.metadata import MAX_METADATA_BYTES, metadata_text

MetadataIn = Annotated[
    str,
    object_text(metadata_text, "must be an object"),
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": True,
            "description": f"Any JSON object of at most {MAX_METADATA_BYTES} bytes.",
        }
    ),
]
MetadataOut = Annotated[
    dict[str, Any] | None,
    Field(description=f"The metadata sent with the score, at most {MAX_METADATA_BYTES} bytes."),
]
