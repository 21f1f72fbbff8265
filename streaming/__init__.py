"""How a show reaches people: one composition, one encode, many viewers."""
