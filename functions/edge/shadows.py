"""Hidden entries as their own players see them: like any other, so that a player does not learn that it is hidden."""

from dataclasses import replace

from leaderforge.domain.callers import Caller
from leaderforge.services.entries import Entry, Lookup, Page, PlayerRank


def of_rank(player: PlayerRank, caller: Caller) -> PlayerRank:
    """Return what the caller is told of a player."""
    return player if _is_told(caller, player.entry) else replace(player, entry=_unmarked(player.entry))


def of_page(page: Page, caller: Caller) -> Page:
    """Return what the caller is told of a page."""
    if all(_is_told(caller, entry) for entry in page.entries):
        return page
    return replace(page, entries=list(map(_unmarked, page.entries)))


def of_lookup(found: Lookup, caller: Caller) -> Lookup:
    """Return what the caller is told of players looked up."""
    if all(_is_told(caller, entry) for entry, _ in found.entries):
        return found
    return replace(found, entries=[(_unmarked(entry), rank) for entry, rank in found.entries])


def _is_told(caller: Caller, entry: Entry) -> bool:
    return caller.is_admin or not entry.hidden


def _unmarked(entry: Entry) -> Entry:
    return entry._replace(hidden=False)
