"""A show: the pure director, the session that owns its tasks, and the protocol the pages control it by."""
