"""Whose face it is: consent records, and the guard that refuses to imitate a person who gave none."""
