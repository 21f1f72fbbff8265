"""A show tried out before it goes on air: a synthetic crowd against the real script, guard and assistant."""
