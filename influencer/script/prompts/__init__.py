"""Prompts, one file a version; a version that was on air is never edited, as the utterance log names it."""
