"""The checks behind the claim guard: banned words, numbers, claim words and names, in ten languages."""
