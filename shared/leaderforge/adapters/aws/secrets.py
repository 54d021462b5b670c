"""Settings in AWS Secrets Manager."""

import json
from collections.abc import Mapping
from contextlib import closing

from leaderforge.adapters.aws.client import AwsAccess, AwsClient

_TIMEOUT_S = 5.0


def read_secret(access: AwsAccess, secret_id: str) -> Mapping[str, str]:
    """Return the environment settings in a secret, a JSON object of texts.

    Raises `AwsError` if the call fails, `ValueError` if the secret has another format.
    """
    client = AwsClient(access, "secretsmanager", target="secretsmanager", version="1.1", timeout_s=_TIMEOUT_S)
    with closing(client):
        answer = client.call_waiting("GetSecretValue", {"SecretId": secret_id})
    value = json.loads(answer.get("SecretString") or "null")
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise ValueError("the secret must be a JSON object with text values")
    return value
