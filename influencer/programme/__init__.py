"""The programme: which show is on air when, around the clock, in each market's own time."""
