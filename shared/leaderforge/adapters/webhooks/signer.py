"""Signatures of Standard Webhooks. The secret of each endpoint is derived from the signing secret of the settings."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

from standardwebhooks import Webhook

from leaderforge.domain.endpoints import webhook_secret


class DerivedWebhookSigner:
    """`NoticeSigner`. `signing_secret` is the signing secret of the settings."""

    def __init__(self, signing_secret: bytes) -> None:
        self._signing_secret = signing_secret

    def secret(self, secret_id: str) -> str:
        return webhook_secret(self._signing_secret, secret_id)

    def headers(self, notice_id: str, at: int, body: str, secret_ids: Collection[str]) -> Mapping[str, str]:
        moment = datetime.fromtimestamp(at // 1000, UTC)
        signatures = [Webhook(self.secret(secret_id)).sign(notice_id, moment, body) for secret_id in secret_ids]
        return {
            "webhook-id": notice_id,
            "webhook-timestamp": str(at // 1000),
            "webhook-signature": " ".join(signatures),
        }
