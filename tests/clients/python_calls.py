"""One call of each kind by a generated client, the package `generated_client`: `python_calls.py URL KEY`.

The program prints facts from the responses as JSON. It runs in the generators' environment, which has the generated
package.
"""

import json
import sys
from datetime import UTC, datetime
from typing import Any

from generated_client import AuthenticatedClient
from generated_client.api.boards import (
    change_board,
    create_board,
    delete_board,
    export_board,
    get_board_rank,
    get_board_top,
    list_boards,
    look_up_ranks,
)
from generated_client.api.moderation import set_score
from generated_client.api.operations import get_health
from generated_client.api.players import create_user, get_user
from generated_client.api.scores import submit_board_score, submit_mixed_batch
from generated_client.models import (
    BoardChangesIn,
    BoardIn,
    BoardOrder,
    BoardPolicy,
    BoardSubmissionIn,
    ErrorOut,
    LookupIn,
    MixedBatchIn,
    ReceiptOut,
    ScoreIn,
    SubmissionIn,
    SubmissionInMetadataType0,
    UserIn,
)

PLAYER = 246441796207139


def main(url: str, key: str) -> dict[str, Any]:
    """Make the calls. Return the facts from their responses that a game would use."""
    client = AuthenticatedClient(base_url=url, token=key)
    metadata = SubmissionInMetadataType0.from_dict({"car": "red"})
    achieved_at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    health = get_health.sync(client=client)
    created = create_board.sync(
        client=client, body=BoardIn(board="laps", order=BoardOrder.ASC, policy=BoardPolicy.BEST)
    )
    user = create_user.sync(client=client, body=UserIn(user_id=PLAYER, username="ada"))
    receipt = submit_board_score.sync(
        "laps",
        client=client,
        body=SubmissionIn(user_id=PLAYER, score=5_000_000_000, achieved_at=achieved_at, metadata=metadata),
    )
    assert isinstance(receipt, ReceiptOut)
    items = [BoardSubmissionIn(user_id=PLAYER, score=7), BoardSubmissionIn(board="laps", user_id=1, score=1)]
    batch = submit_mixed_batch.sync(client=client, body=MixedBatchIn(submissions=items))
    boards = list_boards.sync(client=client)
    top = get_board_top.sync("laps", client=client, limit=5)
    player = get_board_rank.sync("laps", PLAYER, client=client)
    lookup = look_up_ranks.sync("laps", client=client, body=LookupIn(user_ids=[PLAYER, 1]))
    changed = change_board.sync("laps", client=client, body=BoardChangesIn(max_score=6_000_000_000))
    body = ScoreIn(score=4_000_000_000, reason="a faster clock")
    moderated = set_score.sync("laps", PLAYER, client=client, body=body)
    file = export_board.sync_detailed("laps", client=client).content.decode()
    error = get_user.sync(1, client=client)
    deleted = delete_board.sync("laps", client=client)
    return {
        "health": health.status,
        "created": [created.board, created.order, created.periods],
        "user": user.user_id,
        "receipt": [receipt.score, receipt.rank, receipt.improved],
        "batch": [item.error.code if isinstance(item, ErrorOut) else item.rank for item in batch.results],
        "boards": [board.board for board in boards.boards],
        "top": [[entry.rank, entry.user_id, entry.username, entry.metadata["car"]] for entry in top.entries],
        "player": [player.user_id, player.score, player.percentile],
        "lookup": [[entry.rank_among for entry in lookup.entries], lookup.missing],
        "changed": changed.max_score,
        "set": [entry.state for entry in moderated.entries],
        "file": file.splitlines()[1].startswith(f"1,{PLAYER},ada,4000000000,"),
        "error": error.error.code,
        "deleted": deleted.board,
    }


if __name__ == "__main__":
    json.dump(main(*sys.argv[1:]), sys.stdout)
