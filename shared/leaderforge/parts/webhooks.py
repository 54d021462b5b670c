"""Sending and signing of notices."""

from leaderforge.adapters.webhooks.deferred import DeferredNoticeSender
from leaderforge.adapters.webhooks.routed import RoutedNoticeSender
from leaderforge.config import EnvironmentSettings
from leaderforge.parts.cloud import aws_access
from leaderforge.ports.notices import NoticeSender, NoticeSigner


def notice_sender(settings: EnvironmentSettings) -> NoticeSender:
    """Return the clients of HTTP endpoints and, with credentials, of AWS. Each is loaded on first use."""

    def http() -> NoticeSender:
        from leaderforge.adapters.webhooks.sender import HttpNoticeSender

        return HttpNoticeSender(settings.event_networks)

    def aws() -> NoticeSender:
        from leaderforge.adapters.aws.notice_sender import AwsNoticeSender

        return AwsNoticeSender(aws_access(settings))

    return RoutedNoticeSender(
        DeferredNoticeSender(http), DeferredNoticeSender(aws) if settings.has_aws_credentials else None
    )


def notice_signer(settings: EnvironmentSettings) -> NoticeSigner | None:
    """Return the signer of notices, None without LEADERFORGE_SIGNING_SECRET."""
    if settings.signing_secret is None:
        return None
    from leaderforge.adapters.webhooks.signer import DerivedWebhookSigner

    return DerivedWebhookSigner(settings.signing_secret.get_secret_value().encode())
