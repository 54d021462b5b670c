"""Random acts besides submissions: of players, moderators and teams, on the product and on the reference program."""

import json
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from uuid import UUID

from leaderforge.domain.boards import Board
from leaderforge.domain.earlier_settings import MAX_EARLIER_SETTINGS
from leaderforge.domain.errors import NotRanked
from leaderforge.domain.standings import LadderStanding
from leaderforge.domain.submissions import Submission
from tests.history_reference import ALL, DAY_MS, BoardHistory, Rules, TierRule
from tests.history_world import RULES, TEAMS, World

IN_TEAMS = 200
"""Number of players, those with the lowest ids, who join and leave teams."""
ACTS = {
    "attribute": 30,
    "join": 20,
    "leave": 8,
    "follow": 20,
    "unfollow": 6,
    "block": 5,
    "unblock": 3,
    "void": 10,
    "restore": 6,
    "hide_entry": 5,
    "show_entry": 4,
    "hide_player": 5,
    "show_player": 4,
    "hide_team": 1,
    "show_team": 1,
    "remove": 3,
    "remove_from": 3,
    "set": 3,
    "rename": 8,
    "erase": 2,
    "rank_style": 4,
    "tiers": 6,
}
"""Acts besides submissions, with their relative frequencies."""


class _Refused(Exception):
    """Refusal of an act, for a player without a standing."""


@contextmanager
def refused_without_standing(history: BoardHistory, player: int, periods: Iterable[int]) -> Iterator[None]:
    """Fail if the product refuses an act in the block although the player has a standing in one of the periods.

    Raises `_Refused` for other refusals.
    """
    try:
        yield
    except NotRanked:
        assert not history.has_standing(player, periods)
        raise _Refused from None


class Acts:
    """Acts on a world. Each method with the name of an act makes one such change of a player, or of another one."""

    def __init__(self, world: World) -> None:
        self._world, self._random, self._stores = world, world.random, world.stores

    async def step(self) -> None:
        """Submit a batch, then make some other changes."""
        await self._world.submit(self._random.choice((1, 16, 64, 128)))
        for _ in range(self._random.randrange(7)):
            [act] = self._random.choices(list(ACTS), list(ACTS.values()))
            with suppress(_Refused):
                await getattr(self, f"_{act}")(self._player())

    def _player(self) -> int:
        self._world.set_now(self._world.now + 1)
        return self._random.choice(self._world.players)

    def _member(self) -> int:
        return self._random.choice([player for player in self._world.players if player <= IN_TEAMS])

    def _board(self) -> tuple[Board, BoardHistory]:
        name = self._random.choice(list(RULES))
        return self._world.boards[name], self._world.histories[name]

    async def _moderate(self, act: Awaitable[Sequence[LadderStanding]]) -> None:
        await self._world.everywhere.moderated(await act)

    async def _attribute(self, player: int) -> None:
        self._world.attributes[player] = self._world.random_attributes()
        text = json.dumps(self._world.attributes[player])
        _, moved = await self._stores.users.change(player, {"attributes": text}, self._world.act)
        await self._world.everywhere.moderated(moved)
        for history in self._world.histories.values():
            history.move(player, self._world.attributes[player], self._world.now)

    async def _rename(self, player: int) -> None:
        self._world.names[player] = f"player {player}, {self._world.now}"
        await self._stores.users.change(player, {"username": self._world.names[player]}, self._world.act)
        for product in self._world.products:
            await product.delivery.relabelled(player)

    async def _join(self, _: int) -> None:
        player, team = self._member(), self._random.choice(TEAMS)
        if await self._stores.teams.join(team, player, self._world.now, self._world.act, transfers=True):
            self._world.teams.join(player, team, self._world.now)

    async def _leave(self, _: int) -> None:
        player = self._member()
        if (team := self._world.teams.team_of(player)) is not None:
            await self._stores.teams.leave(team, player, self._world.now, self._world.act)
            self._world.teams.leave(player, self._world.now)

    async def _follow(self, player: int) -> None:
        others = self._random.sample(self._world.players, 5)
        await self._stores.friends.add(player, [other for other in others if other != player], self._world.now)
        self._world.friends.add(player, others)
        # A part of the followed players follows back.
        await self._stores.friends.add(others[0], [player] if others[0] != player else [], self._world.now)
        self._world.friends.add(others[0], [player])

    async def _unfollow(self, player: int) -> None:
        follows = self._world.friends.follows[player]
        for other in self._random.sample(sorted(follows), min(2, len(follows))):
            await self._stores.friends.remove(player, other)
            follows.discard(other)

    async def _block(self, player: int) -> None:
        others = sorted(self._world.friends.follows[player]) or [i for i in self._world.players[:2] if i != player]
        other = self._random.choice(others)
        await self._stores.friends.block(player, other, self._world.now)
        self._world.friends.block(player, other)

    async def _unblock(self, _: int) -> None:
        if self._world.friends.blocks:
            player, other = self._random.choice(sorted(self._world.friends.blocks))
            await self._stores.friends.unblock(player, other)
            self._world.friends.blocks.discard((player, other))

    async def _hide_entry(self, player: int) -> None:
        board, history = self._board()
        with refused_without_standing(history, player, history.periods_at(self._world.now)):
            await self._moderate(self._stores.moderation.set_entry_hidden(board, player, True, self._world.act))
        history.hide(player)

    async def _show_entry(self, player: int) -> None:
        board, history = self._board()
        player = self._random.choice(sorted({i for i, _ in history.hidden}) or [player])
        with refused_without_standing(history, player, history.periods_at(self._world.now)):
            await self._moderate(self._stores.moderation.set_entry_hidden(board, player, False, self._world.act))
        history.show(player)

    async def _hide_player(self, player: int) -> None:
        await self._moderate(self._stores.moderation.set_player_hidden(player, True, self._world.act))
        self._world.hidden.add(player)

    async def _show_player(self, player: int) -> None:
        player = self._random.choice([i for i in sorted(self._world.hidden) if i > 0] or [player])
        await self._moderate(self._stores.moderation.set_player_hidden(player, False, self._world.act))
        self._world.hidden.discard(player)

    async def _hide_team(self, _: int) -> None:
        await self._hide_player(self._random.choice(TEAMS))

    async def _show_team(self, _: int) -> None:
        for team in sorted(self._world.hidden & set(TEAMS))[:1]:
            await self._moderate(self._stores.moderation.set_player_hidden(team, False, self._world.act))
            self._world.hidden.discard(team)

    async def _void(self, _: int) -> None:
        await self._set_void(True)

    async def _restore(self, _: int) -> None:
        await self._set_void(False)

    async def _set_void(self, void: bool) -> None:
        board, history = self._board()
        candidates = [i for i in self._random.sample(self._world.players, 20) if history.events.get(i)]
        if not candidates:
            return
        player = candidates[0]
        is_void = history.void.__contains__
        stored = [number for number in history.events[player] if void or is_void(number)] or list(
            history.events[player]
        )
        number = self._random.choice(stored)
        key = board, player, UUID(int=number), void
        await self._moderate(self._stores.moderation.set_submission_removed(*key, self._world.act))
        history.set_void(player, number, void, self._world.now)

    async def _remove(self, player: int) -> None:
        board, history = self._board()
        with refused_without_standing(history, player, history.periods_at(self._world.now)):
            await self._moderate(self._stores.moderation.remove(board, player, self._world.act))
        history.remove(player, self._world.now)

    async def _remove_from(self, player: int) -> None:
        """Remove an entry from one period: all time, today or yesterday."""
        period = self._random.choice((ALL, self._world.now // DAY_MS, self._world.now // DAY_MS - 1))
        ladder, history = self._world.ladder("points", period), self._world.histories["points"]
        with refused_without_standing(history, player, [period]):
            await self._moderate(self._stores.moderation.remove_from(ladder, player, self._world.act))
        history.remove_from(player, period)

    async def _set(self, player: int) -> None:
        name = self._random.choice(list(RULES))
        submission = self._world.submission(name, player)
        event = submission.event._replace(achieved_at=self._world.now)
        submission = Submission(self._world.boards[name].ladders_at(self._world.now), event)
        await self._moderate(self._stores.moderation.set_score(submission, self._world.act))
        self._world.histories[name].remove(player, self._world.now)
        self._world.note(name, submission)

    async def _rank_style(self, _: int) -> None:
        """Change the rank style of a board, and sometimes its tiers too."""
        name = self._random.choice(list(self._world.boards))
        rules = self._world.rules(name)
        tiers = self._random_tiers() if self._random.random() < 0.3 else rules.tiers
        await self._change_rules(name, rules._replace(shared=not rules.shared, tiers=tiers))

    async def _tiers(self, _: int) -> None:
        name = self._random.choice(list(self._world.boards))
        await self._change_rules(name, self._world.rules(name)._replace(tiers=self._random_tiers()))

    async def _change_rules(self, name: str, rules: Rules) -> None:
        # Moments before the earliest of the kept settings would not have the rules of then.
        if len(self._world.boards[name].earlier_settings) < MAX_EARLIER_SETTINGS:
            await self._world.change_rules(name, rules)

    def _random_tiers(self) -> tuple[TierRule, ...]:
        """Return up to 4 tiers with limits of different kinds. The last tier may have no limit."""
        limits = {
            "score": self._random.randint(-5, 400),
            "rank": self._random.randint(1, 30),
            "percent": self._random.choice((0.5, 1, 12.5, 50, 100)),
        }
        kinds = self._random.sample(list(limits), self._random.randrange(4))
        tiers = [TierRule(f"by {kind}", kind, limits[kind]) for kind in kinds]
        return (*tiers, TierRule("others")) if self._random.random() < 0.5 else tuple(tiers)

    async def _erase(self, player: int) -> None:
        """Erase a player, and let a new one join."""
        erased = await self._stores.records.erase(player, self._world.act)
        for product in self._world.products:
            await product.delivery.erased(player, erased.removed)
        for part in (*self._world.histories.values(), self._world.teams, self._world.friends):
            part.erase(player)
        self._world.hidden.discard(player)
        del self._world.attributes[player], self._world.names[player]
        self._world.erased.add(player)
        self._world.population += 1
        await self._world.add_players([self._world.population])
