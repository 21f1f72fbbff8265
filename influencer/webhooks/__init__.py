"""Telling others: events in an outbox, signed and sent to the addresses that advertisers and the house registered."""
