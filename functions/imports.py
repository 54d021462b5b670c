"""Imports of uploaded score files. The code that reads these files is also the code of `leaderforge import`."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack
from os import SEEK_END
from typing import TYPE_CHECKING, Annotated, BinaryIO

from fastapi import Query

from functions.edge.access.security import BoardManager
from functions.edge.context import Edge
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.errors import StreamingUnavailable, public_error
from functions.edge.http.responses import NO_STORE, Answer, answer_written
from functions.edge.http.streaming import Stream
from functions.edge.http.uploads import CONTENT_TYPE, Uploaded
from functions.edge.wire.imports import (
    BadLineList,
    FileQuery,
    ImportPreviewOut,
    ImportQuery,
    render_preview,
    render_progress,
    render_result,
    render_stop,
)
from leaderforge.domain.errors import BoardNotFound, LeaderForgeError, Overloaded, StoreUnavailable

if TYPE_CHECKING:
    from leaderforge.imports.files import FilePlan
    from leaderforge.services.file_imports import ImportTerms
    from leaderforge.services.importing import ImportTally

routes = router("boards")

_PREVIEWED = 20
"""Maximum number of lines in a preview."""
_BATCH = 1000
"""Lines per batch."""
_PROGRESS_S = 0.5
"""Time in s between two lines of progress."""
_NDJSON = "application/x-ndjson"
_EXAMPLE = (
    '{"progress": {"read_bytes": 262144, "total_bytes": 310000, "recorded": 6000, "duplicates": 0, "replaced": 0, '
    '"players_created": 900, "bad": 1}}\n'
)


@routes.post(
    "/api/admin/imports/preview",
    operation_id="previewImport",
    **documentation.uploading(
        documentation.write(ImportPreviewOut, BoardNotFound, StreamingUnavailable, StoreUnavailable, Overloaded),
        CONTENT_TYPE,
    ),
)
async def preview_import(
    edge: TheEdge, caller: BoardManager, query: Annotated[FileQuery, Query()], upload: Uploaded
) -> Answer:
    """Return the first lines of a score file as they would count, and the problems of the others. Owners only.

    Without `player`, `player_id`, `user_id` and `score`, columns are proposed. Rules that depend on earlier scores are
    not checked. Nothing is changed.
    """
    from leaderforge.imports.proposals import sampled_rows

    async with AsyncExitStack() as stack:
        raw = await _received(edge, upload, stack)
        notes: list[str] = []
        # The answer shows the proposed columns as members of its own, therefore it needs no remark about them.
        plan = await _plan(edge, query, raw, notes, on_proposal=lambda _: None)
        bad = BadLineList()
        preview = await edge.services.imports.preview(
            raw, plan, bad, notes.append, history=bool(query.history), limit=_PREVIEWED
        )
        rows = await asyncio.to_thread(sampled_rows, raw, plan.layout)
        columns = dict.fromkeys(column for row in rows for column in row)
        return answer_written(render_preview(plan, list(columns), preview, bad, notes))


@routes.post(
    "/api/admin/imports",
    operation_id="importScores",
    **documentation.uploading(
        documentation.streamed(
            "Progress every half a second, and at last the result or the error, as one JSON object per line.",
            _NDJSON,
            _EXAMPLE,
            BoardNotFound,
            StreamingUnavailable,
            StoreUnavailable,
            Overloaded,
        ),
        CONTENT_TYPE,
    ),
)
async def import_scores(
    edge: TheEdge, caller: BoardManager, query: Annotated[ImportQuery, Query()], upload: Uploaded
) -> Stream:
    """Import a score file, and stream the progress. Lines that were imported before change nothing. Owners only.

    Closing the connection stops the import. Send the file again to continue. Each import is in the audit log.
    """
    from leaderforge.services.file_imports import ImportTerms

    async with AsyncExitStack() as stack:
        raw = await _received(edge, upload, stack)
        notes: list[str] = []
        plan = await _plan(edge, query, raw, notes, on_proposal=notes.append)
        terms = ImportTerms(
            caller.actor, bool(query.history), bool(query.replace), _BATCH, audited=True, file=query.file
        )
        return Stream(_progress(edge, raw, plan, terms, notes, stack.pop_all()), [_CONTENT_TYPE, NO_STORE])


_CONTENT_TYPE = (b"content-type", _NDJSON.encode())


async def _received(edge: Edge, upload: Uploaded, stack: AsyncExitStack) -> BinaryIO:
    """Return the file in the body. It is deleted when `stack` is closed."""
    await stack.enter_async_context(edge.uploads.slot())
    return await stack.enter_async_context(upload.received(edge.services.settings.max_upload_bytes))


async def _plan(
    edge: Edge, query: FileQuery, raw: BinaryIO, notes: list[str], *, on_proposal: Callable[[str], None]
) -> "FilePlan":
    """Return the plan to read a file. Propose missing columns. Raises `BoardNotFound`, `Refused` or `BadLine`."""
    board = await edge.services.boards.get(query.board)
    options, imports = query.options(), edge.services.imports

    def complete() -> "FilePlan":
        columns = imports.columns(raw, options, board, on_proposal)
        plan = options.plan(board, columns)
        return imports.check(raw, plan, notes.append, history=bool(query.history))

    return await asyncio.to_thread(complete)


async def _progress(
    edge: Edge, raw: BinaryIO, plan: "FilePlan", terms: "ImportTerms", notes: list[str], stack: AsyncExitStack
) -> AsyncGenerator[bytes, None]:
    """Run the import, and yield its progress and its result. Closing the generator stops the import."""
    from leaderforge.services.importing import ImportTally

    total = raw.seek(0, SEEK_END)
    tally, bad = ImportTally(), BadLineList()
    read_bytes = 0

    def advance(size: int) -> None:
        nonlocal read_bytes
        read_bytes += size

    async with stack:
        running = asyncio.create_task(edge.services.imports.run(raw, plan, terms, tally, bad, notes.append, advance))
        try:
            yield render_progress(read_bytes, total, tally, bad)
            while not running.done():
                await asyncio.wait({running}, timeout=_PROGRESS_S)
                yield render_progress(read_bytes, total, tally, bad)
            yield _ending(running, tally, bad, notes)
        finally:
            running.cancel()
            await asyncio.wait({running})


def _ending(running: "asyncio.Task[ImportTally]", tally: "ImportTally", bad: BadLineList, notes: list[str]) -> bytes:
    """Return the result of a complete import, or the error that stopped it."""
    try:
        running.result()
    except LeaderForgeError as error:
        return render_stop(public_error(error), tally, bad)
    return render_result(tally, bad, notes)
