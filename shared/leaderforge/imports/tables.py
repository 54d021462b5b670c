"""Tables of files of any format, and the blocks with their rows."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import BinaryIO, NamedTuple, TypeAlias

from leaderforge.imports.blocks import Block, after_line, after_object, blocks_of
from leaderforge.imports.csv_rows import CsvTable, read_header
from leaderforge.imports.formats import FileLayout, TableFormat
from leaderforge.imports.json_lists import list_start
from leaderforge.imports.json_rows import DECODER, JsonTable
from leaderforge.imports.streams import CutOff, text_chunks

Table: TypeAlias = CsvTable | JsonTable


class OpenedTable(NamedTuple):
    """Table of a file, and its blocks."""

    table: Table
    blocks: Iterator[Block]


def open_table(raw: BinaryIO, layout: FileLayout, required: Sequence[str]) -> OpenedTable:
    """Return the table in a file, from its beginning.

    Raises `BadLine` if the header lacks a required column, or if there is no list at the path. Raises `Refused` if the
    file cannot be read as planned.
    """
    raw.seek(0)
    chunks = text_chunks(raw, layout.encoding)
    if layout.format is TableFormat.JSON:
        start = list_start(chunks, DECODER, layout.list_path)
        blocks = blocks_of(chain([start.text], chunks), raw.tell, after_object, start.number)
        return OpenedTable(JsonTable(tuple(required), is_list=True), blocks)
    blocks = blocks_of(chunks, raw.tell, after_line)
    if layout.format is TableFormat.NDJSON:
        return OpenedTable(JsonTable(tuple(required), is_list=False), blocks)
    return _open_csv(blocks, layout, required)


def _open_csv(blocks: Iterator[Block], layout: FileLayout, required: Sequence[str]) -> OpenedTable:
    first = next(blocks)
    if first.damage is not None and not first.text:
        raise CutOff(first.damage)
    table, data = read_header(first, layout, required)
    return OpenedTable(table, chain([data], blocks))
