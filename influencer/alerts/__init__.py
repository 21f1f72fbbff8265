"""Telling operators that something is wrong: rules over what is measured, opened once, acknowledged, resolved."""
