"""Small files that are read wrongly, or not at all, without one option of imports, and the entries that they make."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

Entries = Sequence[Mapping[str, Any]]
"""Entries of a board, best first: some members of each."""


class OptionCase(NamedTuple):
    """File, the options of its import by their names without leading dashes, and the entries of the board.

    `bad` is the number of bad lines.
    """

    name: str
    data: bytes
    options: Mapping[str, str]
    entries: Entries
    board: Mapping[str, str | int] = {"policy": "best"}
    bad: int = 0


def _entries(*pairs: tuple[str, int], **others: Any) -> Entries:
    return [{"username": player, "score": score, **others} for player, score in pairs]


_TWO = _entries(("Ada", 3), ("Ben", 2))
_NESTED = {
    "made": {"by": "tool", "scores": [{"player": "Nobody", "score": 99}]},
    "data": {"board": "cup", "scores": [{"player": "Ada", "score": 3}, {"player": "Ben", "score": 2}], "next": None},
}

OPTION_CASES: Mapping[str, OptionCase] = {
    "path": OptionCase("nested.json", json.dumps(_NESTED).encode(), {"path": "data.scores"}, _TWO),
    "columns": OptionCase("headless.csv", b"2,Ben\n3,Ada\n", {"columns": "score,player"}, _TWO),
    "thousands": OptionCase(
        "grouped.csv",
        b"player;score\nAda;12.004.300\nBen;1.250\nCid;1.25\n",
        {"thousands": "."},
        _entries(("Ada", 12_004_300), ("Ben", 1_250)),
        bad=1,
    ),
    "separator": OptionCase("hashes.csv", b"player#score\nAda#3\nBen#2\n", {"separator": "#"}, _TWO),
    "time zone": OptionCase(
        "local.csv",
        b"player,score,when\nAda,3,2026-10-01 23:30:00\n",
        {"time": "when", "time-zone": "America/New_York"},
        _entries(("Ada", 3), achieved_at="2026-10-02T03:30:00.000Z"),
    ),
    "encoding": OptionCase(
        "old.csv", "player,score\nZo\u00eb,3\n".encode("cp1252"), {"encoding": "cp1252"}, _entries(("Zo\u00eb", 3))
    ),
    "subscore": OptionCase(
        "kills.csv",
        b"player,score,kills\nBen,3,-4\nAda,3,7\n",
        {"subscore": "kills"},
        [{"username": "Ada", "score": 3, "subscore": 7}, {"username": "Ben", "score": 3, "subscore": -4}],
        {"policy": "best", "subscore_order": "desc"},
    ),
    "metadata": OptionCase(
        "info.csv",
        b'player,score,info\nAda,3,"{""map"": ""dust"", ""laps"": 4}"\n',
        {"metadata": "info"},
        _entries(("Ada", 3), metadata={"map": "dust", "laps": 4}),
    ),
    "scores": OptionCase(
        "metres.csv",
        b"player,score\nAda,3\nBen,2\n",
        {"scores": "shown"},
        _entries(("Ada", 300), ("Ben", 200)),
        {"policy": "best", "decimals": 2},
    ),
    "scores as stored": OptionCase(
        "centimetres.csv",
        # The number with decimals is a bad line. Without the option, it makes all of the file shown scores.
        b"player,score\nAda,3\nBen,2\nCid,1.5\n",
        {"scores": "stored"},
        _TWO,
        {"policy": "best", "decimals": 2},
        bad=1,
    ),
    "player id": OptionCase(
        "accounts.csv",
        b"player,account,score\nPia,steam:7,3\nRolf,steam:8,2\nPia L,steam:7,4\n",
        {"player": "player", "player-id": "account"},
        [{"external_id": "steam:7", "score": 7}, {"external_id": "steam:8", "score": 2}],
        {"policy": "sum"},
    ),
}


def picked(entries: Entries, expected: Entries) -> Entries:
    """Return the entries with only those members that the expected entries have. No member is missing."""
    names = expected[0].keys()
    return [{name: entry[name] for name in names} for entry in entries]
