"""Sending and signing of notices."""

from leaderforge.adapters.webhooks.deferred import DeferredNoticeSender
from leaderforge.config import EnvironmentSettings
from leaderforge.ports.notices import NoticeSender, NoticeSigner


def notice_sender(settings: EnvironmentSettings) -> NoticeSender:
    """Return the HTTP client for notices. It is loaded on first use."""

    def make() -> NoticeSender:
        from leaderforge.adapters.webhooks.sender import HttpNoticeSender

        return HttpNoticeSender(settings.event_networks)

    return DeferredNoticeSender(make)


def notice_signer(settings: EnvironmentSettings) -> NoticeSigner | None:
    """Return the signer of notices, None without LEADERFORGE_SIGNING_SECRET."""
    if settings.signing_secret is None:
        return None
    from leaderforge.adapters.webhooks.signer import DerivedWebhookSigner

    return DerivedWebhookSigner(settings.signing_secret.get_secret_value().encode())
