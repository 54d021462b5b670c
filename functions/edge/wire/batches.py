"""Items of a batch. Each item is validated independently of the other items."""

from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError
from pydantic_core.core_schema import ValidatorFunctionWrapHandler

from functions.edge.wire.models import require_few_members


class Malformed:
    """An item of a batch that failed validation."""

    def __init__(self, error: ValidationError) -> None:
        self.error = error


def validate_item(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Return the validated item of a batch, or `Malformed`: an invalid item must not fail the whole batch."""
    try:
        require_few_members(value)
        return validate(value)
    except PydanticCustomError as error:
        return Malformed(ValidationError.from_exception_data("item", [InitErrorDetails(type=error, input=None)]))
    except ValidationError as error:
        return Malformed(error)


def exclude_each_other(schema: dict[str, Any]) -> None:
    """Replace `anyOf` by `oneOf` in a schema. With `anyOf`, generated C# refuses JSON members of later versions."""
    schema["oneOf"] = schema.pop("anyOf")
