"""Reads of a board over HTTP, compared with a brute-force ranking."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Any, Generic, Protocol, TypeVar

from tests.acceptance.brute_force import Ranked
from tests.api_client import ADMIN_KEY, ApiClient

Seen = tuple[object, ...]
"""Compared members of an entry. The first two are the rank and the player."""


class Scored(Ranked, Protocol):
    """Submission with a score."""

    @property
    def score(self) -> int: ...


RunT = TypeVar("RunT", bound=Scored)


@dataclass(frozen=True)
class Reads(Generic[RunT]):
    """Reads of the board `slug`, and the ranking that they must show, best first.

    `seen` and `expected` return the compared members of answered entries and of the ranking. `score` converts a score
    to its JSON value. `restriction` is a part of each query, such as `segment=country:FI`.
    """

    api: ApiClient
    slug: str
    ranking: Sequence[tuple[int, RunT]]
    seen: Callable[[Sequence[dict[str, Any]]], list[Seen]]
    expected: Callable[[Sequence[tuple[int, RunT]]], list[Seen]]
    score: Callable[[int], int | str]
    restriction: str = ""

    @property
    def url(self) -> str:
        """Return the path of the board."""
        return f"/api/boards/{self.slug}"

    @property
    def everything(self) -> list[Seen]:
        """Return the compared members of all entries."""
        return self.expected(self.ranking)

    async def get(self, path: str) -> Any:
        """Return the answer to a read of the board. `path` ends with its query, or with `?` without a query."""
        answer = await self.api.get(f"{self.url}/{path}&{self.restriction}", ADMIN_KEY)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def entries(self, path: str) -> list[Seen]:
        """Return the compared members of the entries that a read of the board returns."""
        return self.seen((await self.get(path))["entries"])

    async def check(self, random: Random) -> None:
        """Compare each kind of read with the ranking, except the ranks of friends."""
        await self.check_lists(random)
        await self.check_cursors()
        await self.check_players(random)
        await self.check_percentiles()
        await self.check_distribution()

    async def check_lists(self, random: Random) -> None:
        """Compare lists of entries that begin at a rank, or have one score."""
        everything = self.everything
        assert await self.entries("top?limit=7") == everything[:7]
        assert await self.entries("page?limit=100") == everything
        first = random.randint(2, len(everything) - 1)
        assert await self.entries(f"page?rank={first}&limit=5") == everything[first - 1 : first + 4]
        assert await self.entries("range?limit=100") == everything
        for score in {self.ranking[0][1].score, self.ranking[-1][1].score}:
            chosen = self.expected([(rank, run) for rank, run in self.ranking if run.score == score])
            assert await self.entries(f"range?min_score={score}&max_score={score}&limit=100") == chosen

    async def check_cursors(self) -> None:
        """Compare the pages from the first to the last one, and back."""
        page = await self.get("page?limit=5")
        collected = self.seen(page["entries"])
        while page["next"] is not None:
            page = await self.get(f"page?limit=5&cursor={page['next']}")
            collected += self.seen(page["entries"])
        assert collected == self.everything
        beyond = await self.get("page?rank=1000&limit=5")
        page = await self.get(f"page?limit=5&cursor={beyond['previous']}")
        assert self.seen(page["entries"]) == self.everything[-5:]
        while page["previous"] is not None:
            page = await self.get(f"page?limit=5&cursor={page['previous']}")
        assert self.seen(page["entries"]) == self.everything[: len(page["entries"])]

    async def check_players(self, random: Random) -> None:
        """Compare the rank and the neighbours of every fourth player, and several players at once."""
        everything = self.everything
        for position, (_, run) in list(enumerate(self.ranking))[::4]:
            player = await self.get(f"ranks/{run.user_id}?")
            assert self.seen([player]) == [everything[position]]
            assert (player["percentile"], player["total"]) == (self._share_behind(position), len(everything))
            around = await self.entries(f"around/{run.user_id}?radius=3")
            assert around == everything[max(0, position - 3) : position + 4]
        ids = random.sample([run.user_id for _, run in self.ranking], min(9, len(everything)))
        path = f"{self.url}/ranks/lookup?{self.restriction}"
        entries = (await self.api.post(path, {"user_ids": ids})).json()["entries"]
        assert self.seen(entries) == [entry for entry in everything if entry[1] in ids]

    async def check_percentiles(self) -> None:
        """Compare the last entry that is ahead of a share of the other entries. Tied players may leave none."""
        for percent in (0, 37.5, 50, 90, 100):
            ahead = [i for i in range(len(self.ranking)) if self._share_behind(i) >= percent]
            path = f"{self.url}/percentile/{percent}?{self.restriction}"
            answer = await self.api.get(path, ADMIN_KEY)
            if ahead:
                assert answer.status_code == 200, answer.text
                body = answer.json()
                assert self.seen([body["entry"]]) == [self.everything[ahead[-1]]]
                assert body["score"] == self.score(self.ranking[ahead[-1]][1].score)
                assert (body["percentile"], body["total"]) == (self._share_behind(ahead[-1]), len(self.ranking))
            else:
                assert answer.json()["error"]["code"] == "not_ranked"

    async def check_distribution(self) -> None:
        """Compare the numbers of scores in buckets, and the scores at percentiles."""
        scores = [run.score for _, run in self.ranking]
        low, high = min(scores), max(scores)
        for buckets in (1, 7, 200):
            answer = await self.get(f"distribution?buckets={buckets}")
            parts = [(int(part["low"]), int(part["high"]), part["count"]) for part in answer["buckets"]]
            bounds = [part[name] for part in answer["buckets"] for name in ("low", "high")]
            assert bounds == [self.score(int(bound)) for bound in bounds]
            assert [count for *_, count in parts] == [sum(a <= s <= b for s in scores) for a, b, _ in parts]
            assert (parts[0][0], parts[-1][1], answer["count"]) == (low, high, len(scores))
            assert all(below[1] + 1 == above[0] for below, above in pairwise(parts))
            assert (answer["min"], answer["max"]) == (self.score(low), self.score(high))
            assert [answer[f"p{p}"] for p in (50, 90, 99)] == [self.score(self._score_at(p)) for p in (50, 90, 99)]

    async def check_friends(self) -> None:
        """Compare the last player with every third other player, whom it follows."""
        rank, player = self.ranking[-1]
        friends = [run.user_id for _, run in self.ranking[:-1:3]]
        path = f"/api/users/{player.user_id}/friends"
        assert (await self.api.send("PUT", path, {"user_ids": friends}, ADMIN_KEY)).status_code == 200
        among = [(rank, run) for rank, run in self.ranking if run.user_id in {player.user_id, *friends}]
        answer = await self.get(f"friends/{player.user_id}?radius=2")
        assert self.seen(answer["entries"]) == self.expected(among[:10])
        assert self.seen(answer["around"]) == self.expected(among[-3:])
        ranks_among = [1 + sum(better < rank for better, _ in among) for rank, _ in among]
        assert [entry["rank_among"] for entry in answer["entries"]] == ranks_among[:10]
        better = [(better, run) for better, run in among if better < rank]
        assert self.seen([answer["ahead"]] if answer["ahead"] else []) == self.expected(better[-1:])
        assert answer["gap"] == (self.score(abs(better[-1][1].score - player.score)) if better else None)
        assert (answer["friends"], answer["ranked"], answer["total"]) == (len(friends), len(among), len(self.ranking))

    def _share_behind(self, position: int) -> float:
        """Return the share (%) of the other entries that have a worse rank than the entry at a position."""
        behind = sum(rank > self.ranking[position][0] for rank, _ in self.ranking)
        return 100.0 if len(self.ranking) == 1 else 100 * behind / (len(self.ranking) - 1)

    def _score_at(self, percent: int) -> int:
        """Return the score of the last entry with at least `percent` % of the other entries after it, tied or not."""
        others = len(self.ranking) - 1
        after = [run.score for i, (_, run) in enumerate(self.ranking) if 100 * (others - i) >= percent * others]
        return after[-1]


def require_movement(entries: Sequence[Mapping[str, Any]], earlier: Sequence[tuple[int, Scored]], score: Any) -> None:
    """Fail if an entry lacks its rank and score in an earlier ranking."""
    before = {run.user_id: (rank, score(run.score)) for rank, run in earlier}
    for entry in entries:
        rank, previous = before.get(entry["user_id"], (None, None))
        assert (entry["previous_rank"], entry["previous_score"]) == (rank, previous)
        assert entry["moved"] == (None if rank is None else rank - entry["rank"])
        assert entry["new"] == (rank is None)
