"""Boards of Unity Leaderboards: saved responses of its calls for scores. Each response has `results`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from leaderforge.domain.errors import Refused
from leaderforge.imports.foreign.boards import ForeignFacts, ForeignRow, Rows
from leaderforge.imports.foreign.documents import objects_in, rank_in, saved_documents, text_in
from leaderforge.imports.foreign.metadata import metadata_members


class UnityBoard:
    """Board in saved responses. Pages may overlap: of several entries of a player, the one read last counts."""

    def __init__(self, path: Path, order: str) -> None:
        """Read the responses. They lack the board's sort order, which `order` therefore names. Raises `Refused`."""
        self._entries: dict[str, tuple[int, ForeignRow]] = {}
        self._path = path
        self._order = order
        self._total: int | None = None
        for file, document in saved_documents(path):
            self._read(file, document)

    def _read(self, file: str, document: Mapping[str, Any]) -> None:
        if "results" not in document:
            raise Refused(f"{file} has no results: save the responses of the calls for scores")
        total = document.get("total")
        self._total = int(total) if isinstance(total, str) and total.isdecimal() else self._total
        for entry in objects_in(document, "results", file):
            rank, row = _ranked(entry, _version_of(document), file)
            self._entries[row.player_id] = rank, row

    async def facts(self) -> ForeignFacts:
        remarks = []
        if self._total is not None and self._total > len(self._entries):
            remarks.append(f"the responses have {len(self._entries):,} of {self._total:,} entries: save all pages")
        return ForeignFacts(
            title=f"responses of Unity Leaderboards in {self._path}",
            tie_rule="Unity does not document its order of equal scores",
            settings={"policy": "best", "order": self._order, "periods": "all-time"},
            count=len(self._entries),
            has_times=bool(self._entries) and all(row.time for _, row in self._entries.values()),
            remarks=remarks,
        )

    async def scores(self) -> Rows:
        for _, row in sorted(self._entries.values(), key=lambda entry: entry[0]):
            yield row

    def ranking(self) -> None:
        return None


def _ranked(entry: Mapping[str, Any], version: str, file: str) -> tuple[int, ForeignRow]:
    player_id = text_in(entry, "playerId", file)
    row = ForeignRow(
        id=f"unity/{version}/{player_id}",
        player_id=player_id,
        score=text_in(entry, "score", file),
        player=entry.get("playerName") or None,
        time=entry.get("updatedTime") or None,
        metadata=metadata_members(entry.get("metadata")),
    )
    return rank_in(entry, "rank", file), row


def _version_of(document: Mapping[str, Any]) -> str:
    version = document.get("version")
    return str(version.get("id", "")) if isinstance(version, dict) else ""
