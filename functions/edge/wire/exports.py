"""Exports of whole boards on the wire."""

from pydantic import Field

from functions.edge.wire.periods import LadderQuery
from leaderforge.services.exporting import ExportFormat


class ExportQuery(LadderQuery):
    format: ExportFormat = Field(
        ExportFormat.CSV, description="`csv` for spreadsheets; `ndjson` for programs, one JSON object per line."
    )
