"""Player tokens, signed by an issuer of the tests."""

import time

import jwt

TOKENS = {
    "LEADERFORGE_TOKEN_SECRET": "the secret of the tests' own issuer",
    "LEADERFORGE_TOKEN_ISSUER": "https://id.example.org",
    "LEADERFORGE_TOKEN_AUDIENCE": "leaderforge",
}
"""Environment settings with which the service accepts tokens of `token`."""


SIGNING = {
    "LEADERFORGE_SIGNING_SECRET": "the secret of the tests from which signing keys are derived",
    "LEADERFORGE_DEVICE_SIGN_IN": "1",
}
"""Environment settings with which the service issues tokens itself, also to devices."""


def token(user_id: int, *, lasts_s: int = 600, **claims: object) -> str:
    """Return a player's token. It expires in real time, whatever the clock of the test."""
    said = {"iss": TOKENS["LEADERFORGE_TOKEN_ISSUER"], "aud": TOKENS["LEADERFORGE_TOKEN_AUDIENCE"]}
    end = int(time.time()) + lasts_s
    return jwt.encode({**said, "sub": str(user_id), "exp": end, **claims}, TOKENS["LEADERFORGE_TOKEN_SECRET"], "HS256")
