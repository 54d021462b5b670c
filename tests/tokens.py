"""Players' tokens, made as the tests' own issuer makes them."""

import time

import jwt

TOKENS = {
    "LEADERFORGE_TOKEN_SECRET": "the secret of the tests' own issuer",
    "LEADERFORGE_TOKEN_ISSUER": "https://id.example.org",
    "LEADERFORGE_TOKEN_AUDIENCE": "leaderforge",
}
"""Settings with which these tokens are accepted."""


def token(user_id: int, *, lasts_s: int = 600, **claims: str) -> str:
    """Return a player's token. Tokens go by the real time, not by a test's."""
    said = {"iss": TOKENS["LEADERFORGE_TOKEN_ISSUER"], "aud": TOKENS["LEADERFORGE_TOKEN_AUDIENCE"]}
    end = int(time.time()) + lasts_s
    return jwt.encode({**said, "sub": str(user_id), "exp": end, **claims}, TOKENS["LEADERFORGE_TOKEN_SECRET"], "HS256")
