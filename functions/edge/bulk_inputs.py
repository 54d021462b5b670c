"""The wire shapes of what comes in many at once."""

from typing import Annotated

from pydantic import ConfigDict, Field, WrapValidator

from functions.edge.inputs import MAX_BATCH, BoardName, PeriodQuery, SubmissionIn, leniently
from functions.edge.models import StrictIn
from leaderforge.domain.board_settings import DEFAULT_BOARD
from leaderforge.services.exporting import Form


class BoardSubmissionIn(SubmissionIn):
    """A score to submit, and the board it is for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"board": "laps", "user_id": 123, "score": 61250}]})

    board: BoardName = DEFAULT_BOARD


class MixedBatchIn(StrictIn):
    """Scores to submit together, each to the board it names."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"submissions": [{"user_id": 123, "score": 500}, {"board": "laps", "user_id": 123, "score": 61250}]}
            ]
        }
    )

    submissions: list[Annotated[BoardSubmissionIn, WrapValidator(leniently)]] = Field(
        min_length=1, max_length=MAX_BATCH
    )


class ExportQuery(PeriodQuery):
    format: Form = Field(Form.CSV, description="`csv` for spreadsheets, `ndjson` for programs: an object a line.")
