"""Teams of the pictures: a team board, and three teams whose members have scores."""

from typing import Any

import httpx

HUNT = {"board": "hunt", "name": "Treasure hunt", "policy": "best"}
SQUADS = {
    "board": "squads",
    "name": "Treasure hunt of the teams",
    "policy": "best",
    "team": {"source": "hunt", "function": "best", "members": 3},
}
TEAM = -20_000_101
TEAM_NAME = "Harbour Otters"
TEAMS = {
    TEAM_NAME: {"Oona": 8_420, "Pavel": 7_905, "Quinn": 7_310, "ريم الخطيب": 6_980, "Sora": None},
    "Night Herons": {"Tariq": 8_050, "Uma": 7_640, "Viggo": 7_120},
    "Quiet Lynxes": {"Wanjiru": 7_730, "Ximena": 7_015, "Yuki": 5_860},
}
"""Members of each team, the captain first, with their scores. None is a member without a score."""
MAX_MEMBERS = 6


def form_teams(facts: dict[str, Any]) -> None:
    """Create the teams, and submit the scores of their members."""
    headers = {"Authorization": f"Bearer {facts['admin_key']}"}
    with httpx.Client(base_url=facts["api"], headers=headers, timeout=60) as api:

        def send(method: str, path: str, body: Any = None) -> None:
            api.request(method, path, json=body).raise_for_status()

        for board in (HUNT, SQUADS):
            send("POST", "/api/boards", board)
        user_id = -TEAM
        scores = []
        for number, (name, members) in enumerate(TEAMS.items()):
            team_id = TEAM - number
            captain_id = user_id
            for place, (member, score) in enumerate(members.items()):
                send("POST", "/api/users", {"user_id": user_id, "username": member})
                if place == 0:
                    team = {"team_id": team_id, "name": name, "captain_id": captain_id, "max_members": MAX_MEMBERS}
                    send("POST", "/api/teams", team)
                send("PUT", f"/api/teams/{team_id}/members/{user_id}")
                if score is not None:
                    scores.append({"user_id": user_id, "score": score})
                user_id += 1
        send("POST", "/api/boards/hunt/scores/batch", {"submissions": scores})
