"""The chat assistant: what viewers ask, answered from the brief and from nothing else."""
