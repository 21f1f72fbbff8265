"""From the settings to a payment provider: one line each, imported late."""

from __future__ import annotations

from influencer.payments.base import PaymentProvider
from influencer.settings import Payments
from influencer.store import Store


def create_provider(payments: Payments, store: Store) -> PaymentProvider:
    """Open the provider of the settings; close it when the last order has been served."""
    webhook_secret = payments.webhook_secret.get_secret_value() if payments.webhook_secret else None
    if payments.provider == "stripe":
        from influencer.payments.stripe import StripeProvider

        assert payments.secret_key is not None and webhook_secret is not None
        return StripeProvider(payments.secret_key.get_secret_value(), webhook_secret, api_base=payments.api_base)
    from influencer.payments.sandbox import SandboxProvider

    return SandboxProvider(store, secret=webhook_secret)
