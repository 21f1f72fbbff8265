"""Selling: what a product costs now, and the order a viewer places for it."""
