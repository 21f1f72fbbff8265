"""From a brief to approved lines: facts, rundown, writers and the claim guard."""
