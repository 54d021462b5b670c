"""Player tokens, signed by an issuer of the tests."""

import time

import jwt

TOKENS = {
    "LEADERFORGE_TOKEN_SECRET": "the secret of the tests' own issuer",
    "LEADERFORGE_TOKEN_ISSUER": "https://id.example.org",
    "LEADERFORGE_TOKEN_AUDIENCE": "leaderforge",
}
"""Settings that accept these tokens."""


SIGNING = {
    "LEADERFORGE_SIGNING_SECRET": "the secret of the tests from which signing keys are derived",
    "LEADERFORGE_DEVICE_SIGN_IN": "1",
}
"""Settings by which the service issues tokens itself, also to devices."""


def token(user_id: int, *, lasts_s: int = 600, **claims: object) -> str:
    """Return a player's token. Its validity is in real time, not in the time of a test's clock."""
    said = {"iss": TOKENS["LEADERFORGE_TOKEN_ISSUER"], "aud": TOKENS["LEADERFORGE_TOKEN_AUDIENCE"]}
    end = int(time.time()) + lasts_s
    return jwt.encode({**said, "sub": str(user_id), "exp": end, **claims}, TOKENS["LEADERFORGE_TOKEN_SECRET"], "HS256")
