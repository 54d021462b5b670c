"""Players, game servers and spectators: `locust -f tests/load/locustfile.py --host URL --submit-key KEY`.

A player's requests are 70 % submissions, 20 % reads of the top ten and 10 % reads of the own rank. A file of `shapes`
varies the load: `-f tests/load/locustfile.py,tests/load/shapes/spike.py`. Users create their players when they start.
See docs/load-tests.md.
"""

import argparse
import os
import random
from typing import Any
from uuid import uuid4

from locust import HttpUser, events, tag, task
from locust.env import Environment

BATCH = "/api/boards/default/scores/batch?rank=none"
TOP = "/api/leaderboard/top?limit=10"
BOARD = "/api/boards/default"
PLAYERS_OF_A_SERVER = 20


@events.init_command_line_parser.add_listener
def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that all users share. Locust also reads them from the environment."""
    parser.add_argument(
        "--submit-key", env_var="LEADERFORGE_SUBMIT_KEY", default="", is_secret=True, help="A submit key."
    )
    parser.add_argument(
        "--pause", type=float, env_var="LOCUST_PAUSE", default=1.0, help="Mean seconds between requests."
    )


@events.test_start.add_listener
def require_key(environment: Environment, **_: Any) -> None:
    """End the run at once if there is no submit key. Otherwise, every submission would be refused."""
    if not submit_key(environment):
        raise SystemExit("give a submit key of the service with --submit-key or in LEADERFORGE_SUBMIT_KEY")


def submit_key(environment: Environment) -> str:
    """Return the submit key of the option, or else the first unhashed key of LEADERFORGE_SUBMIT_KEYS.

    Return an empty text if there is none.
    """
    service_keys = (key.strip() for key in os.environ.get("LEADERFORGE_SUBMIT_KEYS", "").split(","))
    plain_keys = (key for key in service_keys if not key.startswith("sha256:"))
    return environment.parsed_options.submit_key or next(plain_keys, "")


class User(HttpUser):
    """Base class of all users, with a key and pauses."""

    abstract = True

    def wait_time(self) -> float:
        """Return the seconds until the next task."""
        return random.uniform(0.5, 1.5) * self.environment.parsed_options.pause

    def on_start(self) -> None:
        """Set the key."""
        self.client.headers["Authorization"] = f"Bearer {submit_key(self.environment)}"

    def become_player(self) -> int:
        """Create a player and return the id."""
        created = self.client.post("/api/users", json={"username": uuid4().hex})
        created.raise_for_status()
        return int(created.json()["user_id"])


class Player(User):
    """Player whose game submits its scores."""

    weight = 8

    def on_start(self) -> None:
        """Create the player."""
        super().on_start()
        self.user_id = self.become_player()
        self.submit()

    @tag("write")
    @task(70)
    def submit(self) -> None:
        """Submit a score and read the new rank."""
        self.client.post("/api/scores", json={"user_id": self.user_id, "score": random.randint(1, 1000)})

    @tag("read")
    @task(20)
    def look_at_the_leaders(self) -> None:
        self.client.get(TOP)

    @tag("read")
    @task(10)
    def look_at_the_own_rank(self) -> None:
        self.client.get(f"/api/leaderboard/rank/{self.user_id}", name="/api/leaderboard/rank/{user_id}")


class GameServer(User):
    """Game server that submits its players' scores in batches. It repeats some batches, as after a lost response."""

    weight = 1

    def on_start(self) -> None:
        """Create players with scores of a first round."""
        super().on_start()
        self.players = [self.become_player() for _ in range(PLAYERS_OF_A_SERVER)]
        self.play_a_round()

    @tag("write")
    @task(8)
    def play_a_round(self) -> None:
        self.round = [
            {"user_id": player, "score": random.randint(1, 1000), "submission_id": str(uuid4())}
            for player in self.players
        ]
        self.report(BATCH, again=False)

    @tag("write")
    @task(1)
    def repeat_the_round(self) -> None:
        """Send the last round again. It must not count twice."""
        self.report(f"{BATCH} again", again=True)

    @tag("read")
    @task(1)
    def compare_the_players(self) -> None:
        self.client.post(f"{BOARD}/ranks/lookup", json={"user_ids": self.players})

    def report(self, name: str, *, again: bool) -> None:
        """Send the last round, with `again` as a repetition. Check each item: the status is 200 even if items fail."""
        body = {"submissions": self.round}
        with self.client.post(BATCH, json=body, name=name, catch_response=True) as answer:
            if answer.ok and any(result.get("duplicate") is not again for result in answer.json()["results"]):
                answer.failure("some of the round failed, was lost or counted twice")


class Spectator(User):
    """Spectator who watches the board and reads other parts of it, without a key."""

    weight = 3

    def on_start(self) -> None:
        """Read the top for the first time."""
        self.etag = ""
        self.seen = [0]
        self.watch_the_leaders()

    @tag("read")
    @task(6)
    def watch_the_leaders(self) -> None:
        """Poll the top with its ETag, as the web page does without server-sent events."""
        answer = self.client.get(TOP, headers={"If-None-Match": self.etag}, name=f"{TOP} polled")
        if answer.status_code == 200:
            self.etag = answer.headers["ETag"]
            self.seen = [entry["user_id"] for entry in answer.json()["entries"]] or self.seen

    @tag("read")
    @task(2)
    def look_around_somebody(self) -> None:
        path, name = f"{BOARD}/around/{random.choice(self.seen)}?radius=5", f"{BOARD}/around/{{user_id}}"
        with self.client.get(path, name=name, catch_response=True) as answer:
            if answer.status_code == 404:  # the board is still empty
                answer.success()

    @tag("read")
    @task(1)
    def open_a_page(self) -> None:
        self.client.get(f"{BOARD}/page?rank={random.randint(1, 100)}&limit=50", name=f"{BOARD}/page")

    @tag("read")
    @task(1)
    def listen(self) -> None:
        """Listen to the live board until the first event, which contains the complete top."""
        with self.client.get(f"{BOARD}/stream", stream=True, catch_response=True, timeout=30) as answer:
            if answer.ok and not any(line.startswith(b"data:") for line in answer.iter_lines()):
                answer.failure("there was no event")
            answer.close()
