"""Evaluations that anybody can run: `influencer eval`. Numbers may be bad; they may not be flattering."""
