"""Foreign board in the PostgreSQL database of Nakama: its tables `leaderboard`, `leaderboard_record` and `users`."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from leaderforge.adapters.foreign.reading import ForeignDatabase, ForeignRecord, opened_foreign_database, time_text_of
from leaderforge.domain.errors import Refused
from leaderforge.imports.foreign.boards import ForeignFacts, ForeignRow, Rows
from leaderforge.imports.foreign.metadata import metadata_members

_ORDERS = {0: "asc", 1: "desc"}
_POLICIES = {0: "best", 1: "latest", 2: "sum", 3: "latest"}
"""Policy by number of Nakama's operator: 0 is best, 1 is set, 2 is incr, 3 is decr."""
_DECREMENT = 3
_CRON_FIELDS = 5


@asynccontextmanager
async def opened_nakama_board(dsn: str, leaderboard: str, *, history: bool) -> "AsyncIterator[NakamaBoard]":
    """Yield a leaderboard of Nakama. `history` includes the scores from before the last reset.

    Raises `Refused` if the database cannot be read or has no such leaderboard.
    """
    async with opened_foreign_database(dsn) as database:
        row = await database.row("nakama_leaderboard", leaderboard)
        if row is None:
            raise Refused(f"{database.address} has no leaderboard {leaderboard!r}")
        yield NakamaBoard(database, leaderboard, json.loads(row["settings"]), history=history)


class NakamaBoard:
    """Leaderboard of Nakama. A record is identified by its leaderboard, its owner and the end of its period."""

    def __init__(
        self, database: ForeignDatabase, leaderboard: str, settings: Mapping[str, Any], *, history: bool
    ) -> None:
        self._database = database
        self._leaderboard = leaderboard
        self._settings = settings
        self._history = history
        self._order = _ORDERS[settings["sort_order"]]

    async def facts(self) -> ForeignFacts:
        counts = await self._database.row("nakama_counts", self._leaderboard)
        assert counts is not None  # noqa: S101 - a count always returns a row
        direction = "highest" if self._order == "desc" else "lowest"
        return ForeignFacts(
            title=f"leaderboard {self._leaderboard} of Nakama at {self._database.address}",
            tie_rule=f"for equal score and subscore, the {direction} owner id leads",
            settings=self._proposal(has_subscores=counts["subscores"]),
            count=counts["records"] - (0 if self._history else counts["expired"]),
            has_subscores=counts["subscores"],
            has_times=True,
            remarks=list(self._remarks(counts)),
        )

    def _proposal(self, *, has_subscores: bool) -> Mapping[str, str]:
        settings = {"policy": _POLICIES[self._settings["operator"]], "order": self._order}
        if has_subscores:
            settings["subscore_order"] = self._order
        schedule = season_of(self._settings["reset_schedule"])
        settings |= {"periods": "season", "season": schedule} if schedule else {"periods": "all-time"}
        settings["time_zone"] = "UTC"
        if not self._settings["authoritative"]:
            settings["open_to_players"] = "yes"
        return settings

    def _remarks(self, counts: ForeignRecord) -> Sequence[str]:
        settings = self._settings
        schedule = settings["reset_schedule"]
        conditions = {
            "the operator decr has no equal: submit a negative `change` to a board with policy=latest": (
                settings["operator"] == _DECREMENT
            ),
            f"the reset schedule {schedule!r} has no equal among cron expressions of five fields: choose periods": (
                bool(schedule) and season_of(schedule) is None
            ),
            f"records before the last reset: {counts['expired']:,}. To import them into past periods, set --history": (
                counts["expired"] > 0 and not self._history
            ),
            "it is a tournament: set max_size, max_num_score and duration as a `tournament` of the board": (
                settings.get("duration", 0) > 0
            ),
            "its own metadata has no place on a board": bool(settings["metadata"]),
            "the operator best may have combined the score and the subscore of two submissions": (
                counts["subscores"] and _POLICIES[settings["operator"]] == "best"
            ),
        }
        return [remark for remark, holds in conditions.items() if holds]

    def scores(self) -> Rows:
        return self._rows(with_expired=self._history)

    def ranking(self) -> Rows | None:
        return self._rows(with_expired=False) if self._history else None

    async def _rows(self, *, with_expired: bool) -> Rows:
        name = f"nakama_records_{self._order}"
        async for record in self._database.rows(name, self._leaderboard, with_expired):
            yield self._row(record)

    def _row(self, record: ForeignRecord) -> ForeignRow:
        owner = record["owner_id"]
        return ForeignRow(
            id=f"nakama/{self._leaderboard}/{record['expiry_s']}/{owner}",
            player_id=owner,
            score=str(record["score"]),
            player=record["username"],
            subscore=str(record["subscore"]),
            time=time_text_of(record["update_time"]),
            metadata=metadata_members(record["metadata"]),
            excluded="banned in Nakama" if record["banned"] else None,
        )


def season_of(schedule: str | None) -> str | None:
    """Return a reset schedule as a cron expression of five fields, None if it has another form.

    A schedule of Nakama may have a sixth field for seconds before the five, and a seventh for years after them. For
    example, `0 0 0 * * * *` is `0 0 * * *`.
    """
    fields = (schedule or "").split()
    if len(fields) == _CRON_FIELDS + 2 and fields[-1] == "*":
        fields.pop()
    if len(fields) == _CRON_FIELDS + 1 and fields[0] == "0":
        del fields[0]
    return " ".join(fields) if len(fields) == _CRON_FIELDS else None
