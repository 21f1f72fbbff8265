"""The show: a pure director, the session that carries out its commands, and the house of shows."""
