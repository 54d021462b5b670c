"""Reference program for leagues: the documented rules in their plainest form, without any code of the product.

All data are dicts, lists and texts. `tests/unit/test_league.py` and the simulation compare the product with it.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

Rules = Mapping[str, Any]
"""Settings of the league, as the API shows them."""


def moving(zone: Mapping[str, int] | None, ranked: int) -> int:
    """Return how many players a zone moves in a group of `ranked` players."""
    if not zone:
        return 0
    if "percent" in zone:
        return int(ranked * zone["percent"] / 100 + 1e-9)
    return zone["places"] if zone["places"] < ranked else ranked


def group_outcomes(rules: Rules, division: int, members: Sequence[Mapping[str, Any]]) -> dict[int, tuple[Any, ...]]:
    """Return rank, movement and next division of each player of a group, by player id.

    `members` has the `id` of each player, the sort key `key` (None without an entry) and `hidden`.
    """
    names = rules["divisions"]
    ranking = [m["id"] for m in sorted((m for m in members if m["key"] is not None and not m["hidden"]), key=_key)]
    up = moving(rules["promotion"], len(ranking)) if division > 0 else 0
    down = moving(rules["relegation"], len(ranking)) if division + 1 < len(names) else 0
    outcomes: dict[int, tuple[Any, ...]] = {}
    for position, user_id in enumerate(ranking):
        if position < up:
            outcomes[user_id] = (position + 1, "promoted", names[division - 1])
        elif len(ranking) - position <= down:
            outcomes[user_id] = (position + 1, "relegated", names[division + 1])
        else:
            outcomes[user_id] = (position + 1, "stayed", names[division])
    for member in members:
        if member["key"] is None:
            outcomes[member["id"]] = inactive_outcome(rules, division)
        elif member["hidden"]:
            outcomes[member["id"]] = (None, "stayed", names[division])
    return outcomes


def _key(member: Mapping[str, Any]) -> Any:
    return member["key"]


def inactive_outcome(rules: Rules, division: int) -> tuple[Any, ...]:
    """Return rank, movement and next division of a player without an entry."""
    names = rules["divisions"]
    if rules["inactive"] == "leave":
        return None, "left", None
    if rules["inactive"] == "relegate" and names[division] != names[-1]:
        return None, "relegated", names[division + 1]
    return None, "stayed", names[division]


def merged(groups: Mapping[int, tuple[int, int]], size: int) -> dict[int, int]:
    """Return the final group of each group of a division, after the merges.

    `groups` has the number of players with an entry and the last seat, by the number of the group.
    """
    players = {number: count for number, (count, _) in groups.items()}
    last = {number: seat for number, (_, seat) in groups.items()}
    merges = dict.fromkeys(groups, 0)
    final = {number: number for number in groups}
    while len(players) > 1:
        small = [number for number, count in players.items() if count < size / 2]
        if not small:
            break
        source = max(small)
        others = [number for number in players if number != source]
        fewest = min(merges[number] for number in others)
        target = max((n for n in others if merges[n] == fewest), key=lambda n: last[n])
        players[target] += players.pop(source)
        last[target] = max(last[target], last[source])
        merges[target] += 1
        final = {number: target if group == source else group for number, group in final.items()}
    return final


def results(
    rules: Rules,
    members: Mapping[int, tuple[int, int, int]],
    keys: Mapping[int, Any],
    hidden: Collection[int],
    divisions: Mapping[int, str | None],
) -> dict[int, tuple[Any, ...]]:
    """Return division, final group, rank, movement and next division of each player with a result.

    `members` has the division, group and seat of each player with a seat, `keys` the sort keys of players with an
    entry, and `divisions` the divisions of all players before the period, None for players who left.
    """
    names = rules["divisions"]
    expected: dict[int, tuple[Any, ...]] = {}
    for division in range(len(names)):
        seated = {i: (group, seat) for i, (d, group, seat) in members.items() if d == division}
        groups: dict[int, list[int]] = {}
        for user_id, (group, _) in seated.items():
            groups.setdefault(group, []).append(user_id)
        filled = {g: (sum(i in keys for i in ids), max(seated[i][1] for i in ids)) for g, ids in groups.items()}
        final = merged(filled, rules["group_size"])
        finals: dict[int, list[int]] = {}
        for group, number in final.items():
            finals.setdefault(number, []).extend(groups[group])
        for number, ids in finals.items():
            players = [{"id": i, "key": keys.get(i), "hidden": i in hidden} for i in ids]
            for user_id, outcome in group_outcomes(rules, division, players).items():
                expected[user_id] = (division, number if user_id in keys else None, *outcome)
    for user_id, name in divisions.items():
        if user_id not in members and name is not None:
            outcome = inactive_outcome(rules, names.index(name))
            if outcome[-1] != name:
                expected[user_id] = (names.index(name), None, *outcome)
    return expected


def awards(
    rewards: Sequence[Mapping[str, Any]], ranking: Sequence[int], outcomes: Mapping[int, tuple[Any, ...]]
) -> set[tuple[int, str]]:
    """Return player and reward of each award. `ranking` has the listed players, the best first.

    `outcomes` has division, group rank and movement of each player with a place in a group.
    """
    earned = set()
    for rank, user_id in enumerate(ranking, 1):
        for reward in rewards:
            if "league" in reward:
                is_earned = user_id in outcomes and matches(reward["league"], outcomes[user_id])
            elif "percent" in reward:
                is_earned = (rank - 1) * 100 < reward["percent"] * len(ranking)
            else:
                is_earned = reward.get("first_rank", 1) <= rank <= reward.get("last_rank", rank)
            if is_earned:
                earned.add((user_id, reward["reward"]))
    return earned


def matches(condition: Mapping[str, Any], outcome: tuple[Any, ...]) -> bool:
    """Return whether division, group rank and movement meet all parts of the condition."""
    division, group_rank, movement = outcome
    if "last_group_rank" in condition and group_rank > condition["last_group_rank"]:
        return False
    return condition.get("division", division) == division and condition.get("movement", movement) == movement
