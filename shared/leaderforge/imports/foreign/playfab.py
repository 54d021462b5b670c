"""Boards of PlayFab: saved responses of its calls `GetLeaderboard`.

Responses of entity leaderboards have the JSON member `Rankings`. Responses of the older leaderboards of player
statistics have `Leaderboard`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from leaderforge.domain.errors import Refused
from leaderforge.imports.foreign.boards import ForeignFacts, ForeignRow, Rows
from leaderforge.imports.foreign.documents import objects_in, rank_in, saved_documents, text_in
from leaderforge.imports.foreign.metadata import metadata_members

_LEAST_COLUMNS = 2
"""Minimum number of score columns of a board with a subscore."""


class PlayFabBoard:
    """Board in saved responses. Pages may overlap: of several entries of a player, the one read last counts."""

    def __init__(self, path: Path, now: int) -> None:
        """Read the responses. `now` (ms) decides which bans have expired. Raises `Refused`."""
        self._entries: dict[str, tuple[int, ForeignRow]] = {}
        self._columns: list[Mapping[str, Any]] = []
        self._path = path
        self._now = datetime.fromtimestamp(now / 1000, UTC)
        for file, document in saved_documents(path):
            self._read(_data(document), file)

    def _read(self, data: Mapping[str, Any], file: str) -> None:
        version = str(data.get("Version", ""))
        if "Rankings" in data:
            self._columns = objects_in(data, "Columns", file) if data.get("Columns") else self._columns
            entries = (self._ranked(entry, version, file) for entry in objects_in(data, "Rankings", file))
        elif "Leaderboard" in data:
            entries = (self._statistic(entry, version, file) for entry in objects_in(data, "Leaderboard", file))
        else:
            raise Refused(f"{file} has neither Rankings nor Leaderboard: save the responses of GetLeaderboard")
        for position, row in entries:
            self._entries[row.player_id] = position, row

    def _ranked(self, entry: Mapping[str, Any], version: str, file: str) -> tuple[int, ForeignRow]:
        entity = entry.get("Entity")
        player_id = text_in(entity if isinstance(entity, dict) else {}, "Id", file)
        scores = _scores_in(entry, file)
        row = ForeignRow(
            id=f"playfab/{version}/{player_id}",
            player_id=player_id,
            score=str(scores[0]),
            player=entry.get("DisplayName") or None,
            subscore=str(scores[1]) if len(scores) >= _LEAST_COLUMNS else None,
            time=entry.get("LastUpdated"),
            metadata=metadata_members(entry.get("Metadata")),
        )
        return rank_in(entry, "Rank", file), row

    def _statistic(self, entry: Mapping[str, Any], version: str, file: str) -> tuple[int, ForeignRow]:
        player_id = text_in(entry, "PlayFabId", file)
        row = ForeignRow(
            id=f"playfab/{version}/{player_id}",
            player_id=player_id,
            score=text_in(entry, "StatValue", file),
            player=entry.get("DisplayName") or None,
            excluded="banned in PlayFab" if self._is_banned(entry.get("Profile")) else None,
        )
        return rank_in(entry, "Position", file), row

    def _is_banned(self, profile: object) -> bool:
        until = profile.get("BannedUntil") if isinstance(profile, dict) else None
        if not isinstance(until, str):
            return False
        try:
            moment = datetime.fromisoformat(until)
        except ValueError:
            return False
        return moment.replace(tzinfo=moment.tzinfo or UTC) > self._now

    async def facts(self) -> ForeignFacts:
        rows = [row for _, row in self._entries.values()]
        has_subscores = any(row.subscore is not None for row in rows)
        return ForeignFacts(
            title=f"responses of PlayFab in {self._path}",
            tie_rule="PlayFab does not document its order of equal scores",
            settings=self._settings(has_subscores=has_subscores),
            count=len(rows),
            has_subscores=has_subscores,
            has_times=bool(rows) and all(row.time for row in rows),
        )

    def _settings(self, *, has_subscores: bool) -> dict[str, str]:
        """Return the settings of a board that orders as PlayFab does: by the sort directions of the columns."""
        orders = ["asc" if column.get("SortDirection") == "Ascending" else "desc" for column in self._columns]
        settings = {"policy": "best", "order": orders[0] if orders else "desc", "periods": "all-time"}
        if has_subscores:
            settings["subscore_order"] = orders[1] if len(orders) >= _LEAST_COLUMNS else settings["order"]
        return settings

    async def scores(self) -> Rows:
        for row in _ranked_rows(self._entries.values()):
            yield row

    def ranking(self) -> None:
        return None


def _data(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the content of a response, with or without its envelope."""
    data = document.get("data")
    return data if isinstance(data, dict) else document


def _scores_in(entry: Mapping[str, Any], file: str) -> Sequence[Any]:
    scores = entry.get("Scores")
    if not isinstance(scores, list) or not scores:
        raise Refused(f"{file}: an entry has no Scores")
    return scores


def _ranked_rows(entries: Iterable[tuple[int, ForeignRow]]) -> Iterator[ForeignRow]:
    return (row for _, row in sorted(entries, key=lambda entry: entry[0]))
