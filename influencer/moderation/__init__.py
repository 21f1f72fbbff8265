"""Moderation of what viewers write: show, mask, hold or drop, by language."""
