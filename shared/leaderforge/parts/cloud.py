"""Parts on AWS: the secret with settings, and the queue of submissions."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from leaderforge.config import VARIABLES, CloudSettings, EnvironmentSettings, SettingsError
from leaderforge.ports.queue import SubmissionQueue

if TYPE_CHECKING:
    from leaderforge.adapters.aws.client import AwsAccess

_QUEUE_S = 5.0
"""Time limit of a call to the queue, in s."""


def read_settings(environment: Mapping[str, str]) -> EnvironmentSettings:
    """Return the settings in the variables and in the secret of LEADERFORGE_SECRET_ID. Raises `SettingsError`."""
    cloud = CloudSettings.from_environment(environment)
    if cloud.secret_id is None:
        return EnvironmentSettings.from_environment(environment)
    from leaderforge.adapters.aws.client import AwsError
    from leaderforge.adapters.aws.secrets import read_secret

    try:
        secret = read_secret(aws_access(cloud), cloud.secret_id)
    except (AwsError, ValueError) as error:
        raise SettingsError(f"the secret in LEADERFORGE_SECRET_ID is unusable: {error}") from error
    return EnvironmentSettings.from_environment({**secret, **environment})


def submission_queue(settings: CloudSettings) -> SubmissionQueue:
    """Return the queue of submissions, not yet connected. Raises `SettingsError` without LEADERFORGE_QUEUE_URL."""
    if settings.queue_url is None:
        raise SettingsError(f"LEADERFORGE_QUEUE_URL is required: {VARIABLES['LEADERFORGE_QUEUE_URL']}")
    from leaderforge.adapters.aws.queue import SqsQueue

    return SqsQueue(aws_access(settings), settings.queue_url, settings.dead_letters_url, timeout_s=_QUEUE_S)


def aws_access(settings: CloudSettings) -> "AwsAccess":
    """Return the access to AWS in these settings."""
    from leaderforge.adapters.aws.client import AwsAccess
    from leaderforge.adapters.aws.signature import AwsCredentials

    secret, token = settings.aws_secret_access_key, settings.aws_session_token
    credentials = AwsCredentials(
        settings.aws_access_key_id or "",
        secret.get_secret_value() if secret else "",
        token.get_secret_value() if token else None,
    )
    return AwsAccess(settings.aws_region or "", credentials, settings.aws_endpoint_url)
