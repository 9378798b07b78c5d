"""Proposals: from a draft to the end of its way."""
