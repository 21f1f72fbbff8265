"""Taking money: one protocol, a test provider that behaves like a real one, and an adapter for Stripe."""
